//! The tests and dependencies that the documents name exist.

use std::collections::BTreeSet;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the test files that `text` names in backquotes, relative to `tests/`.
fn proofs(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "rs"))
        .map(|name| name.strip_prefix("tests/").unwrap_or(name))
        .collect()
}

#[test]
fn every_test_file_that_a_document_names_exists() {
    for (document, minimum) in [("SECURITY.md", 60), ("tests/adversarial/main.rs", 10)] {
        let text = std::fs::read_to_string(Path::new(ROOT).join(document)).unwrap();
        let proofs = proofs(&text);
        assert!(proofs.len() >= minimum, "{document} names {}", proofs.len());
        for proof in proofs {
            assert!(
                Path::new(ROOT).join("tests").join(proof).is_file(),
                "{document}: {proof}"
            );
        }
    }
}

/// Returns the names of what a directory contains.
fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "README.md").collect()
}

#[test]
fn the_index_of_the_tests_names_every_folder_and_file() {
    let tests = Path::new(ROOT).join("tests");
    let index = std::fs::read_to_string(tests.join("README.md")).unwrap();
    let named = |name: &str| index.contains(&format!("`{name}`"));
    let mut count = 0;
    for folder in entries(&tests) {
        assert!(named(&folder), "{folder}");
        if folder == "support" {
            continue;
        }
        for name in entries(&tests.join(&folder)) {
            let is_root = name == "main.rs";
            assert!(is_root || named(&name), "{folder}/{name}");
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

/// The table of CVEs names its lists of attacks as `module::list`.
#[test]
fn every_list_that_the_catalogue_names_exists() {
    let main = include_str!("../adversarial/main.rs");
    let rows = main.lines().filter(|line| line.starts_with("//! | 20"));
    let lists = rows
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .filter_map(|name| name.split_once("::"));
    let mut count = 0;
    for (module, list) in lists {
        let file =
            std::fs::read_to_string(Path::new(ROOT).join(format!("tests/adversarial/{module}.rs")))
                .unwrap();
        assert!(file.contains(&format!("fn {list}(")), "{module}::{list}");
        assert!(
            main.contains(&format!("every_way({module}::{list}(")),
            "{module}::{list} is run"
        );
        count += 1;
    }
    assert!(count >= 8, "{count}");
}

/// Returns the dependencies that a table of a manifest declares: those that it lists, or the one
/// that its header names (`[dependencies.name]`).
fn crates<'m>(header: &'m str, lines: &'m str) -> Vec<&'m str> {
    let lists = |name: Option<&str>| matches!(name, Some("dependencies" | "build-dependencies"));
    let mut path = header.rsplit('.');
    let (last, above) = (path.next(), path.next());
    if lists(last) {
        let rows = lines
            .lines()
            .filter(|line| line.starts_with(char::is_alphanumeric));
        return rows
            .filter_map(|line| line.split([' ', '=', '.']).next())
            .collect();
    }
    last.filter(|_| lists(above)).into_iter().collect()
}

/// Returns the dependencies of a manifest without the dev-dependencies, for all targets and for
/// single ones.
fn dependencies(manifest: &str) -> BTreeSet<&str> {
    let tables = manifest
        .split("\n[")
        .filter_map(|table| table.split_once("]\n"));
    tables
        .flat_map(|(header, lines)| crates(header, lines))
        .collect()
}

/// Returns the crates in the first column of the table under "Direct dependencies".
fn explained(guide: &str) -> Vec<&str> {
    let (_, section) = guide.split_once("\n## Direct dependencies").unwrap();
    let rows = section
        .split("\n## ")
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("| `"));
    let mut names: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
    names.sort_unstable();
    names
}

#[test]
fn every_direct_dependency_is_explained() {
    let read = |file| std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
    let (manifest, guide) = (read("Cargo.toml"), read("CONTRIBUTING.md"));
    let declared = Vec::from_iter(dependencies(&manifest));
    assert_eq!(declared, explained(&guide));
    assert!(declared.len() > 20);
}

/// `.ci/run` allows no warning with all features, the default ones, and those of one backend: what
/// links to an item of a feature leads to docs.rs where the feature is off.
#[test]
fn documentation_can_be_built_with_any_features() {
    let manifest = std::fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).unwrap();
    assert!(!manifest.contains("broken_intra_doc_links"));
}

#[test]
fn every_document_that_the_documentation_includes_is_packaged() {
    let read = |file| std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
    let manifest = read("Cargo.toml");
    let include = manifest
        .lines()
        .find(|line| line.starts_with("include = "))
        .unwrap();
    for file in [
        "docs/browsers.md",
        "docs/configuration.md",
        "docs/cryptography.md",
        "docs/diagnosis.md",
        "docs/frameworks.md",
        "docs/health.md",
        "docs/introspection.md",
        "docs/keys.md",
        "docs/mcp.md",
        "docs/migration",
        "docs/providers",
        "docs/redis.md",
        "docs/resource-metadata.md",
        "docs/revocation.md",
        "docs/rules.md",
        "docs/secrets.md",
        "docs/sender-constrained.md",
        "docs/troubleshooting.md",
    ] {
        assert!(include.contains(&format!("\"/{file}\"")), "{file}");
    }
    let guides = read("src/guides.rs");
    assert!(guides.contains("#[doc = include_str!(\"../docs/diagnosis.md\")]"));
}

const MANIFEST: &str = r#"[package]
name = "x"

[dependencies]
# Not x = "1".
a = "1"
b = { version = "1", features = [
    "x",
] }
c.version = "1"

[dependencies.d]
version = "1"

[build-dependencies]
e = "1"

[target.'cfg(target_os = "linux")'.dependencies]
f = "1"

[target.'cfg(unix)'.dependencies.g]
version = "1"

[dev-dependencies]
x = "1"

[target.'cfg(unix)'.dev-dependencies]
x = "1"

[dev-dependencies.x]
version = "1"
"#;

#[test]
fn every_table_of_dependencies_is_read_except_dev_dependencies() {
    assert_eq!(
        Vec::from_iter(dependencies(MANIFEST)),
        ["a", "b", "c", "d", "e", "f", "g"]
    );
}
