//! What a release needs: the files of the package, the table of compatible versions, the commands
//! of the README, and the workflows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The packaged files of the crate's folder, besides those that cargo adds.
const OF_THE_ROOT: [&str; 5] = [
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
];

fn read(file: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the files below a folder, relative to the crate, without build output and hidden
/// folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = folder.join(&name);
        if !entry.file_type().unwrap().is_dir() {
            found.push(path);
        } else if !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_str()) {
            found.extend(files(&path));
        }
    }
    found
}

/// Returns the files that `cargo publish` uploads. Documents are those that the documentation
/// includes, and some that the README links to.
fn packaged() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let list = String::from_utf8(output.stdout).unwrap();
    list.lines().map(|line| line.replace('\\', "/")).collect()
}

/// Returns the names of the files that a source file includes, relative to the crate.
fn included(source: &Path) -> Vec<String> {
    let text = read(source);
    let names = text
        .split("include_str!(\"")
        .chain(text.split("include_bytes!(\""))
        .filter_map(|rest| rest.split_once("\")").map(|(name, _)| name))
        .filter(|name| !name.contains(char::is_whitespace) && name.contains('.'));
    let folder = Path::new(ROOT).join(source.parent().unwrap());
    let root = fs::canonicalize(ROOT).unwrap();
    let resolved = names.filter_map(|name| fs::canonicalize(folder.join(name)).ok());
    resolved
        .map(|path| {
            path.strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[test]
fn the_package_has_every_file_that_it_needs() {
    let packaged = packaged();
    let mut included_files = 0;
    for source in files(Path::new("src")) {
        let name = source.to_str().unwrap();
        assert!(packaged.contains(name), "{name}");
        for file in included(&source) {
            // Unit tests may include vectors of other folders.
            let is_document = file.starts_with("docs/") || !file.contains('/');
            assert!(
                !is_document || packaged.contains(&file),
                "{name} includes {file}"
            );
            included_files += usize::from(is_document);
        }
    }
    assert!(included_files > 20, "{included_files}");
    for file in OF_THE_ROOT {
        assert!(packaged.contains(file), "{file}");
    }
    for example in files(Path::new("examples")) {
        let name = example.to_str().unwrap();
        let mut folders = example.ancestors().skip(1);
        let is_own_crate = folders.any(|folder| {
            folder != Path::new("") && Path::new(ROOT).join(folder).join("Cargo.toml").exists()
        });
        assert_eq!(packaged.contains(name), !is_own_crate, "{name}");
    }
}

#[test]
fn the_package_has_no_other_files() {
    let of_cargo = [
        ".cargo_vcs_info.json",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
    ];
    let documents = files(Path::new("src"));
    let documents = documents.iter().flat_map(|source| included(source));
    let documents: BTreeSet<_> = documents.collect();
    let readme = read("README.md");
    for file in packaged() {
        let is_expected = match file.split_once('/') {
            None => of_cargo.contains(&&*file) || OF_THE_ROOT.contains(&&*file),
            Some(("docs", _)) => {
                documents.contains(&file) || readme.contains(&format!("]({file})"))
            }
            Some((folder, _)) => folder == "src" || folder == "examples",
        };
        assert!(is_expected, "{file}");
    }
}

/// Returns the version that a table of the manifest requires of a crate.
fn required<'m>(manifest: &'m str, table: &str, name: &str) -> Option<&'m str> {
    let (_, lines) = manifest.split_once(&format!("\n[{table}]\n"))?;
    let lines = lines.split("\n[").next()?.lines();
    let mut entries = lines.filter_map(|line| line.split_once(" = "));
    let (_, value) = entries.find(|(key, _)| *key == name)?;
    let value = value.strip_prefix("{ version = ").unwrap_or(value);
    value.strip_prefix('"')?.split('"').next()
}

/// Returns the rows of the first table of a document, as cells without backquotes.
fn rows(document: &str) -> Vec<Vec<String>> {
    let rows = document.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.trim_matches('|').split('|'));
    cells
        .map(|cells| cells.map(|cell| cell.trim().replace('`', "")).collect())
        .collect()
}

#[test]
fn the_compatible_versions_are_those_of_the_manifest() {
    let (manifest, document) = (read("Cargo.toml"), read("docs/compatibility.md"));
    let rows = rows(&document);
    assert!(rows.len() >= 12, "{}", rows.len());
    for row in &rows {
        let [name, version, feature, _] = row.as_slice() else {
            panic!("{row:?}");
        };
        let required = required(&manifest, "dependencies", name)
            .or_else(|| required(&manifest, "dev-dependencies", name));
        let required = required.unwrap_or_else(|| panic!("{name} is no dependency"));
        let is_prefix = required
            .strip_prefix(version.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        assert!(
            is_prefix,
            "{name}: {version} is listed, {required} is required"
        );
        for feature in feature.split(", ").filter(|feature| !feature.is_empty()) {
            let exists = manifest.contains(&format!("\n{feature} = ["));
            assert!(exists, "{name}: {feature}");
        }
    }
    for name in [
        "axum",
        "http",
        "jsonwebtoken",
        "redis",
        "tonic",
        "tower",
        "tower_governor",
    ] {
        assert!(rows.iter().any(|row| row[0] == name), "{name}");
    }
    let core = required(&manifest, "dependencies", "axum-core").unwrap();
    assert!(core.starts_with("0.5") && document.contains("`axum-core` 0.5)"));
}

#[test]
fn the_minimum_rust_version_is_the_same_everywhere() {
    let manifest = read("Cargo.toml");
    let (_, rest) = manifest.split_once("\nrust-version = \"").unwrap();
    let version = rest.split('"').next().unwrap();
    for (file, text) in [
        (
            "docs/compatibility.md",
            format!("Minimum Rust version: {version},"),
        ),
        ("README.md", format!("with Rust {version} or later")),
        ("README.md", format!("badge/rust-{version}+-")),
        (
            "examples/try_it/Cargo.toml",
            format!("rust-version = \"{version}\""),
        ),
        (
            "examples/frameworks/Cargo.toml",
            format!("rust-version = \"{version}\""),
        ),
        (
            "examples/mcp_server/Cargo.toml",
            format!("rust-version = \"{version}\""),
        ),
    ] {
        assert!(read(file).contains(&text), "{file}: {text}");
    }
}

#[test]
fn the_readme_has_two_commands_to_try_it() {
    let readme = read("README.md");
    let (_, section) = readme.split_once("\n## Try it\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    let commands: Vec<_> = blocks
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .collect();
    assert_eq!(
        commands,
        [
            "cargo run --manifest-path examples/try_it/Cargo.toml",
            "cargo test --features full"
        ]
    );
}

fn yaml(file: &str) -> Yaml {
    let mut documents =
        YamlLoader::load_from_str(&read(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    assert_eq!(documents.len(), 1, "{file}");
    documents.remove(0)
}

/// Returns the value of each key `name`, at any depth.
fn values<'y>(yaml: &'y Yaml, name: &str) -> Vec<&'y Yaml> {
    let nested: Vec<&Yaml> = match yaml {
        Yaml::Hash(hash) => hash.values().collect(),
        Yaml::Array(array) => array.iter().collect(),
        _ => Vec::new(),
    };
    let own = yaml
        .as_hash()
        .and_then(|hash| hash.get(&Yaml::String(name.to_owned())));
    let nested = nested.into_iter().flat_map(|yaml| values(yaml, name));
    own.into_iter().chain(nested).collect()
}

fn workflows() -> Vec<String> {
    let folder = Path::new(ROOT).join(".github/workflows");
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .map(|name| format!(".github/workflows/{name}"))
        .collect()
}

#[test]
fn each_workflow_has_the_least_permissions_a_time_limit_and_pinned_actions() {
    let workflows = workflows();
    assert_eq!(workflows.len(), 2);
    for file in workflows {
        let workflow = yaml(&file);
        let permissions = values(&workflow, "permissions");
        assert_eq!(permissions.len(), 1, "{file}");
        let permissions = permissions[0].as_hash().unwrap();
        assert_eq!(permissions.len(), 1, "{file}");
        assert_eq!(
            workflow["permissions"]["contents"].as_str(),
            Some("read"),
            "{file}"
        );
        assert!(
            workflow["concurrency"]["group"].as_str().is_some(),
            "{file}"
        );
        for job in workflow["jobs"].as_hash().unwrap().values() {
            assert!(
                job["timeout-minutes"]
                    .as_i64()
                    .is_some_and(|minutes| minutes <= 90),
                "{file}"
            );
        }
        for action in values(&workflow, "uses") {
            let (_, revision) = action.as_str().unwrap().split_once('@').unwrap();
            let is_pinned = revision.len() == 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_pinned, "{file}: {action:?}");
        }
        assert_eq!(values(&workflow, "persist-credentials").len(), 1, "{file}");
    }
}

#[test]
fn the_workflows_run_the_scripts_of_ci() {
    let ci = yaml(".github/workflows/ci.yml");
    assert!(!ci["on"]["push"].is_badvalue() && !ci["on"]["pull_request"].is_badvalue());
    let advisories = yaml(".github/workflows/advisories.yml");
    let schedule = &advisories["on"]["schedule"][0]["cron"];
    assert_eq!(schedule.as_str().unwrap().split(' ').count(), 5);
    for (workflow, script) in [(&ci, ".ci/run"), (&advisories, ".ci/advisories")] {
        let runs = values(&workflow["jobs"], "run");
        assert!(
            runs.iter().any(|run| run.as_str() == Some(script)),
            "{script}"
        );
        assert!(
            read(script).starts_with("#!/usr/bin/env bash\n"),
            "{script}"
        );
    }
    let readme = read("README.md");
    assert!(readme.contains("/actions/workflows/ci.yml/badge.svg"));
}

#[test]
fn dependabot_watches_every_lock_file() {
    let locks = files(Path::new(""))
        .into_iter()
        .filter(|file| file.ends_with("Cargo.lock"));
    let expected = locks.map(|lock| format!("/{}", lock.parent().unwrap().to_str().unwrap()));
    let expected: BTreeSet<_> = expected.collect();
    assert!(expected.len() >= 6, "{expected:?}");
    let dependabot = yaml(".github/dependabot.yml");
    let directories = values(&dependabot, "directories")[0].as_vec().unwrap();
    let watched = directories
        .iter()
        .map(|directory| directory.as_str().unwrap().to_owned());
    assert_eq!(watched.collect::<BTreeSet<_>>(), expected);
}
