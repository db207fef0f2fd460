//! `docs/configuration.md`: each block is read, its values are the defaults, and each setting in it
//! reaches the builder.

use std::collections::BTreeSet;

use tower_jwt_auth::JwtAuthConfig;

use crate::page::{Block, Files, blocks, read};

/// Settings without a default: what they say is an example.
const EXAMPLES: [&str; 32] = [
    "issuer",
    "audience",
    "jwks_uri",
    "jwks_file",
    "pem_file",
    "dir",
    "only",
    "url",
    "client_id",
    "client_secret_file",
    "resource",
    "exact",
    "prefix",
    "grpc_methods",
    "claim",
    "any_of",
    "equals",
    "present",
    "all_of",
    "all_scopes",
    "any_scope",
    "acr",
    "header",
    "networks",
    "admin",
    "orders:write",
    "and_claim",
    "and_claim_present",
    "and_header_parameter",
    "and_scope",
    "discovery",
    "required",
];

/// Settings that another one in the block excludes, with that one.
const INSTEAD_OF: [(&str, &str); 12] = [
    ("files", "dir"),
    ("file", "dir"),
    ("env", "dir"),
    ("resource", "any_of"),
    ("claim", "any_of"),
    ("header_parameter", "any_of"),
    ("dangerous_any_with_scope", "any_of"),
    ("dangerous_any_with_claim", "any_of"),
    ("client_secret_env", "client_secret_file"),
    ("bearer_token_file", "client_secret_file"),
    ("token_types", "access_tokens_only"),
    ("keep_token", "strip_token"),
];

/// Values whose effect is an error, since nothing shows the setting otherwise, or that are words.
const OTHER_VALUES: [(&str, &str); 9] = [
    ("overlap", "\"1s\""),
    ("max_secret_age", "\"1h\""),
    ("encoding", "\"hex\""),
    ("algorithm", "\"RS256\""),
    ("auth_method", "\"client_secret_post\""),
    ("forwarded_fields", "\"forwarded\""),
    ("token_sources", "[{ query = \"t\" }]"),
    ("discovery", "false"),
    ("prefix", "[\"/other path\"]"),
];

/// Settings whose other value is an error of the builder.
const ERRORS: [&str; 6] = [
    "env",
    "client_secret_env",
    "algorithm",
    "encoding",
    "overlap",
    "max_secret_age",
];

/// Settings without which the block is an error.
const REQUIRED: [&str; 14] = [
    "issuer",
    "audience",
    "grpc_methods",
    "jwks_file",
    "pem_file",
    "dir",
    "any_of",
    "only",
    "client_id",
    "client_secret_file",
    "required",
    "networks",
    "header",
    "resource",
];

/// A line that is a setting.
struct Setting {
    index: usize,
    name: String,
    value: String,
    is_off: bool,
}

fn settings(block: &Block) -> Vec<Setting> {
    let lines = block.lines.iter().enumerate();
    let settings = lines.filter_map(|(index, line)| {
        let text = line.strip_prefix('#').unwrap_or(line);
        let (name, value) = text.split_once(" = ")?;
        let name = name.trim_matches('"').to_owned();
        let is_name = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | ':');
        // Lines of a list have a table, and its opening line has no value.
        (name.chars().all(is_name) && value != "[").then(|| Setting {
            index,
            name,
            value: value.to_owned(),
            is_off: line.starts_with('#'),
        })
    });
    settings.collect()
}

/// Returns another value of the same type.
fn changed(setting: &Setting) -> String {
    let other = OTHER_VALUES.iter().find(|(name, _)| *name == setting.name);
    if let Some((_, value)) = other {
        return (*value).to_owned();
    }
    match setting.value.as_str() {
        "true" => "false".to_owned(),
        "false" => "true".to_owned(),
        "\"0s\"" => "\"1s\"".to_owned(),
        value => match value.parse::<u64>() {
            Ok(number) => (number + 1).to_string(),
            Err(error) => {
                assert!(
                    is_duration(value),
                    "{}: add another value: {error}",
                    setting.name
                );
                format!("{} 1ms\"", value.trim_end_matches('"'))
            }
        },
    }
}

fn is_duration(value: &str) -> bool {
    let text = value.trim_matches('"');
    text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(['s', 'm', 'h', 'd'])
}

fn has_rules(block: &Block) -> bool {
    block.text().contains("[[rules]]")
}

fn is_example(block: &Block, setting: &Setting) -> bool {
    has_rules(block) || EXAMPLES.contains(&setting.name.as_str())
}

#[test]
fn each_block_is_read_and_written_again() {
    let files = Files::new();
    for block in blocks(&files) {
        let text = block.text();
        let config = read(&text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let again: JwtAuthConfig = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
        assert_eq!(config, again, "{text}");
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(config, serde_json::from_str(&json).unwrap(), "{json}");
    }
}

#[test]
fn each_block_builds_a_layer() {
    let files = Files::new();
    for block in blocks(&files) {
        let layer = read(&block.text()).unwrap().build();
        assert!(layer.is_ok(), "{}\n{}", block.text(), layer.unwrap_err());
    }
}

#[test]
fn the_values_on_the_page_are_the_defaults() {
    let files = Files::new();
    let mut seen = 0;
    for block in blocks(&files) {
        let as_is = block.shown().unwrap();
        for setting in settings(&block) {
            if setting.is_off || is_example(&block, &setting) {
                continue;
            }
            let without = block.with(setting.index, None).shown();
            assert_eq!(without.as_ref(), Ok(&as_is), "{}", setting.name);
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn each_setting_on_the_page_reaches_the_builder() {
    let files = Files::new();
    // The parts of rules, and what is skipped, are not shown: `layers.rs` tests them.
    let is_shown = |block: &Block| !has_rules(block) && !block.text().contains("[skip_paths]");
    let blocks = blocks(&files).into_iter().filter(is_shown);
    for block in blocks {
        let as_is = block.shown();
        for setting in settings(&block) {
            let name = setting.name.as_str();
            if setting.is_off {
                let other = OTHER_VALUES.iter().find(|(other, _)| *other == name);
                let value = other.map_or(&*setting.value, |(_, value)| *value);
                let line = format!("{} = {value}", quoted(name));
                let on = with_alternative(&block, &setting, line);
                assert_reaches(name, &on.shown(), &as_is, &ERRORS);
            } else if is_example(&block, &setting) {
                // Discovery is the default.
                if name != "discovery" {
                    let without = block.with(setting.index, None).shown();
                    assert_reaches(name, &without, &as_is, &REQUIRED);
                }
            } else {
                let line = format!("{} = {}", quoted(name), changed(&setting));
                let other = block.with(setting.index, Some(line));
                assert_reaches(name, &other.shown(), &as_is, &ERRORS);
            }
        }
    }
}

/// Requires that a builder differs from that of the block as it is. If the setting is listed, there
/// is an error in its place.
fn assert_reaches(
    name: &str,
    changed: &Result<String, String>,
    as_is: &Result<String, String>,
    errors: &[&str],
) {
    assert_ne!(changed, as_is, "{name}");
    assert_eq!(
        changed.is_err(),
        errors.contains(&name),
        "{name}: {changed:?}"
    );
}

fn quoted(name: &str) -> String {
    if name.contains(':') {
        format!("\"{name}\"")
    } else {
        name.to_owned()
    }
}

/// Returns the block with a setting, and without the one that it excludes.
fn with_alternative(block: &Block, setting: &Setting, line: String) -> Block {
    let on = block.with(setting.index, Some(line));
    let excluded = INSTEAD_OF.iter().find(|(name, _)| *name == setting.name);
    let found = excluded.and_then(|(_, excluded)| {
        let mut settings = settings(&on).into_iter();
        settings.find(|setting| setting.name == *excluded && !setting.is_off)
    });
    let mut on = match found {
        Some(excluded) => on.with(excluded.index, None),
        None => on,
    };
    if ["file", "env"].contains(&setting.name.as_str()) {
        on.lines
            .retain(|line| !line.starts_with("interval") && !line.starts_with("max_secret_age"));
    }
    if setting.name == "bearer_token_file" {
        on.lines.retain(|line| !line.starts_with("auth_method"));
    }
    on
}

/// Every field of the configuration is on the page: an error of serde lists them all.
#[test]
fn the_page_has_every_setting() {
    let files = Files::new();
    let blocks = blocks(&files);
    let on_page: BTreeSet<_> = blocks
        .iter()
        .flat_map(|block| block.lines.iter())
        .flat_map(|line| {
            line.split(|c: char| !(c.is_ascii_lowercase() || "_0123456789".contains(c)))
        })
        .map(ToOwned::to_owned)
        .collect();
    let issuer = "[[issuers]]\nissuer = \"a\"\n";
    let tables = [
        String::new(),
        issuer.to_owned(),
        format!("{issuer}[issuers.secrets]\n"),
        format!("{issuer}[issuers.introspection]\n"),
        format!("{issuer}[issuers.introspection.signed_responses]\n"),
        format!("{issuer}[issuers.tenants]\n"),
        format!("{issuer}[issuers.jwks_cache]\n"),
        format!("{issuer}[issuers.audience]\n"),
        "[token_cache]\n".to_owned(),
        "[skip_paths]\n".to_owned(),
        "[dpop]\n".to_owned(),
        "[dpop.nonces]\n".to_owned(),
        "[dpop.trusted_proxies]\n".to_owned(),
        "[mtls]\n".to_owned(),
        "[mtls.header]\n".to_owned(),
        "[resource]\n".to_owned(),
        "[[rules]]\n".to_owned(),
    ];
    for table in tables {
        let error = read(&format!("{table}telltale = 1\n")).unwrap_err();
        let listed = error
            .split("expected ")
            .nth(1)
            .unwrap_or_else(|| panic!("{error}"));
        let names: Vec<_> = listed.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{error}");
        for name in names {
            // Nor is one among them that is only read to reject a secret.
            assert!(on_page.contains(name), "{table}{name} is not on the page");
        }
    }
}
