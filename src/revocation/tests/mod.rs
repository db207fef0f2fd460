//! Tests of the list.

mod ends;
mod full;
mod look_up;
mod support;
mod watch;
