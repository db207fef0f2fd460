//! The direction of dependencies inside the crate, as CONTRIBUTING.md states it.
//!
//! Reads the paths that start with `crate::` in every file of `src`. A module may use those that
//! stand before it in [`ORDER`], so there is no cycle between folders. Adapters use nothing but
//! what `lib.rs` exports.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules, from the ground up. Those on one line don't use one another.
const ORDER: &[&[&str]] = &[
    &["algorithm", "config_error", "encoding"],
    &["error"],
    &["clock", "time_limit", "trace"],
    &["crypto"],
    &["jwk", "replay", "request", "revocation"],
    &["response"],
    &["jwt", "keys"],
    &["dpop", "mtls"],
    &["observe"],
    &["expiry", "policy"],
    &["verify"],
    &["health", "resource_metadata"],
    &["layer"],
    &["require"],
    &[
        "axum",
        "back_channel_logout",
        "config",
        "governor",
        "metrics",
        "redis",
        "testing",
        "tonic",
    ],
    &["guides"],
];

/// These use what `lib.rs` exports, and the log events of `trace`.
const ADAPTERS: &[&str] = &["axum", "config", "governor", "metrics", "redis", "tonic"];

/// Items of `lib.rs` that stand for a module.
const ALIASES: &[(&str, &str)] = &[
    ("FRAMEWORK_BODIES", "response"),
    ("backend", "crypto"),
    ("default_http_client", "keys"),
    ("ml_dsa", "crypto"),
    ("ml_dsa_signing", "testing"),
    ("redis_tls", "redis"),
    ("signing", "testing"),
    ("tls_provider", "keys"),
];

/// A file of `src`, or a made-up one.
struct Source {
    module: String,
    path: String,
    code: String,
}

impl Source {
    /// `path` is relative to `src`.
    fn new(path: &str, text: &str) -> Self {
        let module = path.split(['/', '.']).next().unwrap_or_default().to_owned();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        let code = text.lines().filter(is_code).collect::<Vec<_>>().join("\n");
        Self {
            module,
            path: path.to_owned(),
            code,
        }
    }

    /// The first segments after `crate::`.
    fn imports(&self) -> BTreeSet<String> {
        let mut imports = BTreeSet::new();
        for (start, _) in self.code.match_indices("crate::") {
            let rest = &self.code[start + "crate::".len()..];
            match rest.strip_prefix('{') {
                Some(group) => imports.extend(members(group)),
                None => imports.extend(first_name(rest)),
            }
        }
        imports
    }
}

/// The first name of each member of a group, up to its closing brace.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut member) = (1, Vec::new(), String::new());
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.extend(first_name(&std::mem::take(&mut member))),
            _ => member.push(character),
        }
        if depth == 0 {
            break;
        }
    }
    names.extend(first_name(&member));
    names
}

fn first_name(text: &str) -> Option<String> {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|line| line.contains(&module))
}

/// What is wrong with the imports of a file.
fn wrong_imports(source: &Source, exported: &BTreeSet<String>) -> Vec<String> {
    let Some(own) = rank(&source.module) else {
        return vec![format!(
            "{}: module `{}` is not in ORDER",
            source.path, source.module
        )];
    };
    let mut wrong = Vec::new();
    for name in source.imports() {
        let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
        let module = alias.map_or(name.as_str(), |(_, module)| module);
        let is_adapter = ADAPTERS.contains(&source.module.as_str());
        let allowed = match rank(module) {
            _ if is_adapter && exported.contains(&name) => true,
            _ if is_adapter => module == source.module || module == "trace",
            Some(other) => module == source.module || other < own,
            None => false,
        };
        if !allowed {
            wrong.push(format!("{}: uses `crate::{name}`", source.path));
        }
    }
    wrong
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<Source> {
    let (root, mut sources) = (src(), Vec::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/");
                sources.push(Source::new(&name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    sources.retain(|source| source.path != "lib.rs");
    sources
}

/// The names that `lib.rs` exports.
fn exported() -> BTreeSet<String> {
    let lib = fs::read_to_string(src().join("lib.rs")).unwrap();
    let mut names = BTreeSet::new();
    for (start, _) in lib.match_indices("\npub use ") {
        let item = lib[start + "\npub use ".len()..].split(';').next().unwrap();
        let list = item.split_once('{').map_or_else(
            || item.rsplit("::").next().unwrap(),
            |(_, list)| list.trim_end_matches('}'),
        );
        names.extend(list.split(',').map(|name| name.trim().to_owned()));
    }
    names
}

#[test]
fn dependencies_between_modules_point_one_way() {
    let (sources, exported) = (sources(), exported());
    assert!(sources.len() > 80, "only {} files were read", sources.len());
    let wrong: Vec<_> = sources
        .iter()
        .flat_map(|source| wrong_imports(source, &exported))
        .collect();
    assert!(
        wrong.is_empty(),
        "against the order in CONTRIBUTING.md:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_planted_import_against_the_order_is_found() {
    let exported = exported();
    assert!(exported.contains("Claims") && exported.contains("JwtAuthLayer"));
    let planted = [
        ("jwt/claims.rs", "use crate::verify::Issuer;"),
        ("jwt/claims.rs", "use crate::keys::Keys;"),
        ("keys/source.rs", "fn f(_: &crate::jwt::Rules) {}"),
        ("error.rs", "use crate::trace;"),
        ("config_error.rs", "use crate::error::Error;"),
        ("encoding.rs", "use crate::config_error::ConfigError;"),
        (
            "verify/engine.rs",
            "use crate::{\n    error::Error,\n    layer::JwtAuthBuilder,\n};",
        ),
        ("verify/engine.rs", "use crate::JwtAuthBuilder;"),
        ("axum/claims.rs", "use crate::jwt::Claims;"),
        ("axum/claims.rs", "use crate::{Claims, Gate};"),
        ("tonic/mod.rs", "use crate::axum::Scoped;"),
        ("newcomer.rs", ""),
    ];
    for (path, text) in planted {
        assert_eq!(
            wrong_imports(&Source::new(path, text), &exported).len(),
            1,
            "{path}: {text}"
        );
    }
}

#[test]
fn imports_along_the_order_are_allowed() {
    let allowed = [
        (
            "jwt/claims.rs",
            "use crate::error::{Error, ErrorKind};\n// use crate::architecture::layer::Gate;",
        ),
        ("jwt/claims.rs", "use crate::jwt::registered::Registered;"),
        ("crypto/mod.rs", "pub(crate) use crate::backend::Verifier;"),
        (
            "axum/claims.rs",
            "use crate::{Claims, MissingClaims, trace};",
        ),
    ];
    for (path, text) in allowed {
        let wrong = wrong_imports(&Source::new(path, text), &exported());
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn feature_switches_stand_only_in_lib_rs_and_trace_rs() {
    let switches: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.path != "trace.rs" && source.code.contains("feature ="))
        .map(|source| source.path)
        .collect();
    assert!(switches.is_empty(), "{switches:?}");
}
