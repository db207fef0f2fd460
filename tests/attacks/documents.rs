//! What the documents name as proof is there.

use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Names in backquotes that end in `.rs`, with a folder of tests in front.
fn proofs(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "rs"))
        .map(|name| name.strip_prefix("tests/").unwrap_or(name))
        .collect()
}

#[test]
fn every_test_file_that_a_document_names_exists() {
    for (document, least) in [("SECURITY.md", 60), ("tests/attacks/main.rs", 10)] {
        let text = std::fs::read_to_string(Path::new(ROOT).join(document)).unwrap();
        let proofs = proofs(&text);
        assert!(proofs.len() >= least, "{document} names {}", proofs.len());
        for proof in proofs {
            assert!(Path::new(ROOT).join("tests").join(proof).is_file(), "{document}: {proof}");
        }
    }
}

/// `module::list` in the catalogue's table of CVEs.
#[test]
fn every_list_that_the_catalogue_names_exists() {
    let main = include_str!("main.rs");
    let rows = main.lines().filter(|line| line.starts_with("//! | 20"));
    let lists = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).filter_map(|name| name.split_once("::"));
    let mut count = 0;
    for (module, list) in lists {
        let file = std::fs::read_to_string(Path::new(ROOT).join(format!("tests/attacks/{module}.rs"))).unwrap();
        assert!(file.contains(&format!("fn {list}(")), "{module}::{list}");
        assert!(main.contains(&format!("every_way({module}::{list}(")), "{module}::{list} is run");
        count += 1;
    }
    assert!(count >= 8, "{count}");
}

/// The names in a table of a manifest, or in the first column of a table of a document.
fn names(text: &str, start: &str, name: impl Fn(&str) -> Option<&str>) -> Vec<String> {
    let (_, section) = text.split_once(start).unwrap();
    let section = section.split("\n[").next().unwrap().split("\n## ").next().unwrap();
    let mut names: Vec<_> = section.lines().filter_map(name).map(ToOwned::to_owned).collect();
    names.sort();
    names
}

#[test]
fn every_direct_dependency_has_its_line() {
    let read = |file| std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
    let (manifest, guide) = (read("Cargo.toml"), read("CONTRIBUTING.md"));
    let declared = names(&manifest, "\n[dependencies]\n", |line| Some(line.split_once(" = ")?.0));
    let explained = names(&guide, "\n## Direct dependencies", |line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(declared, explained);
    assert!(declared.len() > 20);
}
