//! Rules by method, tool, prompt and resource of the Model Context Protocol.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use http::{HeaderMap, Method};

use super::{Plain, mcp_headers, show};
use crate::config_error::ConfigError;
use crate::policy::Rule;

const CALL_TOOL: &str = "tools/call";
const GET_PROMPT: &str = "prompts/get";
const READ_RESOURCE: &str = "resources/read";

/// A table of rules by method, tool, prompt and resource of the Model Context Protocol (MCP), for
/// [`RequireLayer::mcp_rules`](crate::RequireLayer::mcp_rules). Rejects what it does not list with
/// 403.
///
/// It reads the headers `Mcp-Method` and `Mcp-Name`, which each `POST` has since version 2026-07-28
/// of MCP, and no body. A value `=?base64?…?=` is decoded.
///
/// | request | must meet |
/// |---|---|
/// | `tools/call`, `prompts/get` or `resources/read` | the rule of the tool, prompt or resource, else that of the method |
/// | another method | the rule of the method, else that of [`other_methods`](Self::other_methods) |
/// | a header is absent, sent twice or malformed | all rules of the table; with [`require_headers`](Self::require_headers), it is rejected |
/// | the method is not `POST`, or `MCP-Protocol-Version` is absent, malformed or older than 2026-07-28: servers do not compare the headers | the same |
///
/// Note: the client copies the values of the headers from the body. The MCP server must compare
/// them with the body, and respond with 400 and the error code -32020 if they differ, as MCP
/// requires since version 2026-07-28. Otherwise a client could name a harmless tool in the header,
/// and call another one. A client that leaves out a header and meets all rules can also call tools
/// that are not listed.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{McpRules, RequireLayer, Rule};
///
/// let rules = McpRules::new()
///     .add_tool("read_file", Rule::all_scopes(["files:read"])?)?
///     .add_tool("delete_file", Rule::all_scopes(["files:write"])?)?
///     .add_method("resources/read", Rule::all_scopes(["files:read"])?)?
///     .other_methods(Rule::authenticated());
/// assert_eq!(
///     format!("{rules:#?}"),
///     r#"{
///     resources/read: all_scopes("files:read"),
///     tools/call "delete_file": all_scopes("files:write"),
///     tools/call "read_file": all_scopes("files:read"),
///     other methods without a name: authenticated,
///     missing headers: all of these rules,
///     other requests: rejected,
/// }"#
/// );
/// let require = RequireLayer::mcp_rules(rules);
/// # drop(require);
/// # Ok::<_, tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct McpRules {
    methods: BTreeMap<Box<str>, MethodRules>,
    others: Option<Rule>,
    /// All rules, if there is one. Of requests with missing headers.
    strictest: Option<Rule>,
    rejects_missing_headers: bool,
}

/// The rules of one method.
#[derive(Clone, Default)]
struct MethodRules {
    /// That of the method, for names without one.
    method: Option<Rule>,
    names: BTreeMap<Box<str>, Rule>,
}

impl McpRules {
    /// Returns an empty table, which rejects every request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule for calling a tool, by its name.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if the name is empty, or has a
    /// rule.
    pub fn add_tool(self, name: &str, rule: Rule) -> Result<Self, ConfigError> {
        self.add_named(CALL_TOOL, name, rule)
    }

    /// Adds a rule for getting a prompt, by its name.
    ///
    /// # Errors
    ///
    /// As [`add_tool`](Self::add_tool).
    pub fn add_prompt(self, name: &str, rule: Rule) -> Result<Self, ConfigError> {
        self.add_named(GET_PROMPT, name, rule)
    }

    /// Adds a rule for reading a resource, by its URI, which is compared byte by byte.
    ///
    /// # Errors
    ///
    /// As [`add_tool`](Self::add_tool).
    pub fn add_resource(self, uri: &str, rule: Rule) -> Result<Self, ConfigError> {
        self.add_named(READ_RESOURCE, uri, rule)
    }

    /// Adds a rule for a method, such as `tools/list`. For `tools/call`, `prompts/get` and
    /// `resources/read`: for all tools, prompts or resources that have none of their own.
    ///
    /// # Errors
    ///
    /// As [`add_tool`](Self::add_tool).
    pub fn add_method(mut self, method: &str, rule: Rule) -> Result<Self, ConfigError> {
        let of_method = self.methods.entry(method.into()).or_default();
        if method.is_empty() || of_method.method.is_some() {
            return Err(invalid(method, ""));
        }
        of_method.method = Some(rule.clone());
        Ok(self.stricter(rule))
    }

    /// Sets the rule for the methods that have none, other than `tools/call`, `prompts/get` and
    /// `resources/read`. It also applies to methods that a later version of MCP adds. Default: they
    /// are rejected.
    pub fn other_methods(mut self, rule: Rule) -> Self {
        self.others = Some(rule.clone());
        self.stricter(rule)
    }

    /// Rejects requests without the headers, with one of them twice or malformed, or of a version
    /// of MCP before 2026-07-28. So older clients are rejected, and `GET` and `DELETE`. Default:
    /// such requests must meet all rules of the table.
    pub const fn require_headers(mut self) -> Self {
        self.rejects_missing_headers = true;
        self
    }

    fn add_named(mut self, method: &str, name: &str, rule: Rule) -> Result<Self, ConfigError> {
        let of_method = self.methods.entry(method.into()).or_default();
        match of_method.names.entry(name.into()) {
            Entry::Vacant(entry) if !name.is_empty() => entry.insert(rule.clone()),
            _ => return Err(invalid(method, name)),
        };
        Ok(self.stricter(rule))
    }

    fn stricter(mut self, rule: Rule) -> Self {
        self.strictest = Some(match self.strictest.take() {
            Some(earlier) => earlier.and(rule),
            None => rule,
        });
        self
    }

    /// Returns the rule for the headers of a request.
    pub(super) fn rule_for(&self, http: &Method, headers: &HeaderMap) -> Option<&Rule> {
        let missing = || {
            let strictest = self.strictest.as_ref();
            strictest.filter(|_| !self.rejects_missing_headers)
        };
        if http != Method::POST || !mcp_headers::are_compared(headers) {
            return missing();
        }
        let Some(method) = mcp_headers::value(headers, mcp_headers::METHOD) else {
            return missing();
        };
        let of_method = self.methods.get(&*method);
        let rule = of_method.and_then(|rules| rules.method.as_ref());
        if !matches!(&*method, CALL_TOOL | GET_PROMPT | READ_RESOURCE) {
            return rule.or(self.others.as_ref());
        }
        let Some(name) = mcp_headers::value(headers, mcp_headers::NAME) else {
            return missing();
        };
        of_method.and_then(|rules| rules.names.get(&*name)).or(rule)
    }
}

fn invalid(method: &str, name: &str) -> ConfigError {
    ConfigError::invalid_setting(format!(
        "rule for {method:?} {name:?}: the name must not be empty, and must have no other rule"
    ))
}

/// Shows every rule.
impl fmt::Debug for McpRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entries: Vec<(String, &dyn fmt::Debug)> = Vec::new();
        for (method, rules) in &self.methods {
            for (name, rule) in &rules.names {
                entries.push((format!("{method} {name:?}"), rule));
            }
            if let Some(rule) = &rules.method {
                entries.push((method.to_string(), rule));
            }
        }
        if let Some(rule) = &self.others {
            entries.push(("other methods without a name".to_owned(), rule));
        }
        let missing = match &self.strictest {
            Some(_) if !self.rejects_missing_headers => Plain("all of these rules"),
            _ => Plain("rejected"),
        };
        entries.push(("missing headers".to_owned(), &missing));
        show(f, entries)
    }
}
