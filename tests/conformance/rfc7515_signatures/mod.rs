//! JSON Web Signature: the compact form and its header (RFC 7515, RFC 7797).

mod compact_form;
mod header_parameters;
mod json_text;
mod member_names;
mod padding;
mod size;
