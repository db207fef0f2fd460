//! The pages themselves.

use std::fs;

use super::PROGRAMS;
use crate::documents::{below_imports, has_lines};
use crate::guide::{Guide, path};

const FOLDER: &str = "docs/migration";

fn page(name: &str) -> String {
    fs::read_to_string(path(FOLDER).join(format!("{name}.md"))).unwrap()
}

#[test]
fn the_program_of_every_page_is_what_its_test_runs() {
    for (name, _) in PROGRAMS {
        let text = page(name);
        let guide = Guide::parse(&text);
        let required = ["Before", "After", "Settings", "What behaves differently"];
        let sections = guide.sections.iter().map(String::as_str);
        let found: Vec<_> = sections.filter(|title| required.contains(title)).collect();
        assert_eq!(found, required, "{name}");
        let before: Vec<_> = guide.blocks("rust,ignore").collect();
        assert_eq!((before.len(), before[0].section.as_str()), (1, "Before"));
        let after: Vec<_> = guide.blocks("rust").collect();
        assert_eq!((after.len(), after[0].section.as_str()), (1, "After"));
        let file = path("tests/e2e/guides/migration").join(format!("{name}.rs"));
        let program = fs::read_to_string(file).unwrap();
        let lines = below_imports(&after[0].lines);
        assert!(has_lines(&program, &lines), "{name}: {}", lines.join("\n"));
    }
}

#[test]
fn every_page_names_a_version_and_is_listed_and_documented() {
    let index = page("README");
    let module = fs::read_to_string(path("src/guides.rs")).unwrap();
    let pages = fs::read_dir(path(FOLDER)).unwrap().count();
    assert_eq!(pages, PROGRAMS.len() + 1);
    for (name, _) in PROGRAMS {
        let text = page(name);
        let title = text.lines().next().unwrap();
        let title = title.strip_prefix("# From ").unwrap();
        let row = index
            .lines()
            .find(|line| line.contains(&format!("[{title}]({name}.md)")));
        let version = row.unwrap().split('|').nth(2).unwrap().trim();
        assert!(text.contains(version), "{name}: {version}");
        let lines = [
            &*format!("#[doc = include_str!(\"../docs/migration/{name}.md\")]"),
            &*format!("pub mod migration_{name} {{}}"),
        ];
        assert!(has_lines(&module, &lines), "{name}: the module");
        assert!(module.contains(&format!("[`migration_{name}`]")), "{name}");
    }
}
