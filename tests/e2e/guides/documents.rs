//! What all guides have in common, and that each is tested and listed.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value};

use crate::guide::{Guide, path};

const FOLDER: &str = "docs/providers";
/// Long enough for the variants of Microsoft Entra ID.
const MAX_LINES: usize = 160;
const MISTAKE: &str = "The usual mistake";

/// Returns the guides by name.
fn guides() -> BTreeMap<String, String> {
    let entries = fs::read_dir(path(FOLDER)).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let guides = files.filter(|file| !file.ends_with("README.md"));
    let guides: BTreeMap<_, _> = guides
        .map(|file| {
            assert_eq!(file.extension().unwrap(), "md", "{}", file.display());
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&file).unwrap())
        })
        .collect();
    assert!(!guides.is_empty());
    guides
}

/// Returns whether `lines` occur one after another in `text`.
pub(crate) fn has_lines(text: &str, lines: &[&str]) -> bool {
    let all: Vec<_> = text.lines().collect();
    !lines.is_empty() && all.windows(lines.len()).any(|window| window == lines)
}

/// Returns the lines of a program below its imports, which differ in a test.
pub(crate) fn below_imports(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter().map(String::as_str);
    let below = lines.skip_while(|line| line.starts_with("use ") || line.is_empty());
    below.collect()
}

#[test]
fn every_guide_has_the_same_sections() {
    for (name, text) in guides() {
        let guide = Guide::parse(&text);
        assert!(text.starts_with("# "), "{name}: a title");
        assert!(text.lines().count() <= MAX_LINES, "{name}: is too long");
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{name}: {line}");
        }
        let is_token = |title: &String| title.starts_with("Its ") && title.contains("token");
        assert!(guide.sections.iter().any(is_token), "{name}: a token");
        assert!(
            guide.sections.iter().any(|title| title == MISTAKE),
            "{name}: a mistake"
        );
        assert!(guide.blocks("rust").count() > 0, "{name}: a layer");
        assert!(guide.blocks("text").count() > 0, "{name}: a log");
        for log in guide.blocks("text") {
            assert_eq!(
                log.section, MISTAKE,
                "{name}: the log is where the mistake is"
            );
            let is_event = log.lines[0].starts_with("DEBUG tower_jwt_auth::diagnosis: ");
            assert!(is_event, "{name}: {}", log.lines[0]);
        }
    }
}

#[test]
fn the_code_of_every_guide_is_what_its_test_runs() {
    for (name, text) in guides() {
        let file = path("tests/e2e/guides").join(format!("{name}.rs"));
        let test = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}.rs: {error}"));
        for block in Guide::parse(&text).blocks("rust") {
            let lines = below_imports(&block.lines);
            // Shown on GitHub.
            assert!(!block.text().contains("\n# "), "{name}: a hidden line");
            assert!(
                has_lines(&test, &lines),
                "{name}.rs lacks:\n{}",
                lines.join("\n")
            );
        }
        let main = include_str!("main.rs");
        assert!(
            main.contains(&format!("\nmod {name};\n")),
            "{name} is not run"
        );
    }
}

#[test]
fn every_token_is_a_header_and_a_payload() {
    for (name, text) in guides() {
        let guide = Guide::parse(&text);
        let objects: Vec<Map<String, Value>> = guide
            .blocks("json")
            .map(|block| {
                assert!(
                    block.section.starts_with("Its "),
                    "{name}: {}",
                    block.section
                );
                serde_json::from_str(&block.text())
                    .unwrap_or_else(|error| panic!("{name}: {error}"))
            })
            .collect();
        assert!(
            !objects.is_empty() && objects.len().is_multiple_of(2),
            "{name}"
        );
        for pair in objects.chunks(2) {
            assert!(
                pair[0].contains_key("alg") && pair[1].contains_key("iss"),
                "{name}"
            );
        }
    }
}

#[test]
fn every_guide_is_listed_and_documented() {
    let index = fs::read_to_string(path(FOLDER).join("README.md")).unwrap();
    let module = fs::read_to_string(path("src/guides.rs")).unwrap();
    let manifest = fs::read_to_string(path("Cargo.toml")).unwrap();
    assert!(
        manifest.contains("\"/docs/providers\""),
        "guides are packaged"
    );
    for (name, text) in guides() {
        let title = text.lines().next().unwrap().trim_start_matches("# ");
        assert!(
            index.contains(&format!("[{title}]({name}.md)")),
            "{name}: the index"
        );
        let lines = [
            &*format!("#[doc = include_str!(\"../docs/providers/{name}.md\")]"),
            &*format!("pub mod {name} {{}}"),
        ];
        assert!(has_lines(&module, &lines), "{name}: the module");
        let row = format!("//! | {title} | [`{name}`] |");
        assert!(module.contains(&row), "{name}: the list of modules: {row}");
    }
}

#[test]
fn lines_are_found_only_where_they_are_together() {
    let text = "fn a() {\n    b();\n    c();\n}\n";
    assert!(has_lines(text, &["    b();", "    c();"]));
    assert!(!has_lines(text, &["fn a() {", "    c();"]));
    assert!(!has_lines(text, &["b();"]));
    assert!(!has_lines(text, &[]));
    let block = ["use x::Y;", "", "fn a() {", "use"].map(ToOwned::to_owned);
    assert_eq!(below_imports(&block), ["fn a() {", "use"]);
}
