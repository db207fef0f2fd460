//! Tables of rules: which rule a request must meet. What is not listed is rejected.

mod grpc;
mod mcp;
mod mcp_headers;
mod routes;

use std::fmt;

pub use self::grpc::GrpcRules;
pub use self::mcp::McpRules;
pub use self::routes::RouteRules;
use crate::policy::Rule;
use crate::request::RequestParts;

pub(super) enum RuleTable {
    Routes(RouteRules),
    Grpc(GrpcRules),
    Mcp(McpRules),
}

impl RuleTable {
    /// Returns the rule for a request. `None` if the request is to be rejected.
    pub(super) fn rule_for(&self, parts: &RequestParts<'_>) -> Option<&Rule> {
        match self {
            Self::Routes(rules) => rules.rule_for(parts),
            Self::Grpc(rules) => rules.rule_for(parts.uri().path()),
            Self::Mcp(rules) => rules.rule_for(parts.method(), parts.headers()),
        }
    }
}

impl fmt::Debug for RuleTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Routes(rules) => rules.fmt(f),
            Self::Grpc(rules) => rules.fmt(f),
            Self::Mcp(rules) => rules.fmt(f),
        }
    }
}

/// Shows the entries of a table, and that it rejects other requests. `{:#?}` shows each in a line
/// of its own.
fn show<'r>(
    f: &mut fmt::Formatter<'_>,
    entries: impl IntoIterator<Item = (String, &'r dyn fmt::Debug)>,
) -> fmt::Result {
    let mut map = f.debug_map();
    for (key, rule) in entries {
        map.entry(&Plain(&key), rule);
    }
    map.entry(&Plain("other requests"), &Plain("rejected"))
        .finish()
}

/// A text without quotes.
struct Plain<'t>(&'t str);

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
