//! The headers that the rules read must say what the body says.
//!
//! The SDK compares them only if the header `MCP-Protocol-Version` names a revision that has them.
//! A request that names an older one, or none, reaches the tool whatever its headers say.

use http::HeaderMap;
use http::request::Parts;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::ErrorCode;
use rmcp::service::RequestContext;

/// Returns an error if a header names another method or tool than the body.
pub(crate) fn check_headers(
    context: &RequestContext<RoleServer>,
    method: &str,
    name: &str,
) -> Result<(), ErrorData> {
    let parts = context.extensions.get::<Parts>();
    let headers = parts.map(|parts| &parts.headers);
    let headers = headers.ok_or_else(|| ErrorData::internal_error("no request", None))?;
    if says(headers, "mcp-method", method) && says(headers, "mcp-name", name) {
        return Ok(());
    }
    Err(ErrorData::new(
        ErrorCode::HEADER_MISMATCH,
        "the headers Mcp-Method and Mcp-Name do not match the body",
        None,
    ))
}

/// Returns whether each header of this name has this value.
fn says(headers: &HeaderMap, header: &str, value: &str) -> bool {
    headers.get_all(header).iter().all(|found| found == value)
}
