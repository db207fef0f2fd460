//! Who may call the server, and which tool requires which scope.

use axum::Router;
use tower_jwt_auth::{
    Audience, ConfigError, Issuer, JwtAuthLayer, McpRules, RequireLayer, ResourceMetadata, Rule,
};

const READ: &str = "notes:read";
const WRITE: &str = "notes:write";
const ADMIN: &str = "notes:admin";

/// Returns the rule of each tool. What lists and describes tools requires a token and no scope.
fn rules() -> Result<McpRules, ConfigError> {
    let rules = McpRules::new()
        .add_tool("list_notes", Rule::all_scopes([READ])?)?
        .add_tool("add_note", Rule::all_scopes([WRITE])?)?
        // All other tools, `delete_notes` among them, and those that are added and forgotten here.
        .add_method("tools/call", Rule::all_scopes([ADMIN])?)?
        .other_methods(Rule::authenticated());
    Ok(rules)
}

/// Protects a router that serves the resource, and adds the metadata with which clients find the
/// issuer.
pub(crate) fn protect(router: Router, issuer: &str, resource: &str) -> Result<Router, ConfigError> {
    // What a client asks for first. It learns of the other scopes when it calls a tool.
    let metadata = ResourceMetadata::new(resource).scopes([READ]);
    let auth = JwtAuthLayer::builder(Issuer::discovery(issuer, Audience::resource()))
        .resource(metadata)
        .add_implied_scopes(ADMIN, [WRITE])
        .add_implied_scopes(WRITE, [READ])
        // The layer below rejects requests without a token, since it knows which scopes they need.
        .optional()
        .build()?;
    Ok(router.layer(RequireLayer::mcp_rules(rules()?)).layer(auth))
}
