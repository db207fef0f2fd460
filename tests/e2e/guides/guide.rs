//! A guide as Markdown: its sections and blocks of code.

use std::path::PathBuf;

/// A block of code.
pub(crate) struct Block {
    /// The title of the section that it is in.
    pub(crate) section: String,
    pub(crate) language: String,
    pub(crate) lines: Vec<String>,
}

impl Block {
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n")
    }
}

pub(crate) struct Guide {
    pub(crate) sections: Vec<String>,
    blocks: Vec<Block>,
}

impl Guide {
    pub(crate) fn parse(text: &str) -> Self {
        let (mut sections, mut blocks) = (Vec::new(), Vec::new());
        let mut open: Option<Block> = None;
        for line in text.lines() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(language)) => {
                    open = Some(Block {
                        section: sections.last().cloned().unwrap_or_default(),
                        language: language.to_owned(),
                        lines: Vec::new(),
                    });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => block.lines.push(line.to_owned()),
                (None, None) => sections.extend(line.strip_prefix("## ").map(ToOwned::to_owned)),
            }
        }
        assert!(open.is_none(), "a block of code does not end");
        Self { sections, blocks }
    }

    /// Returns the lines of a block of the log.
    pub(crate) fn log_lines(&self, block: usize) -> &[String] {
        let block = self.blocks("text").nth(block);
        &block.expect("a block of the log").lines
    }

    /// Returns the blocks of a language, in order.
    pub(crate) fn blocks<'g>(&'g self, language: &'g str) -> impl Iterator<Item = &'g Block> {
        self.blocks
            .iter()
            .filter(move |block| block.language == language)
    }
}

/// Returns a path in the repository.
pub(crate) fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(relative)
}

#[test]
fn blocks_belong_to_the_section_above_them() {
    let guide = Guide::parse("# A\n```rust\nlet a;\n```\n## B\ntext\n```json\n{\n}\n```\n## C\n");
    assert_eq!(guide.sections, ["B", "C"]);
    let json: Vec<_> = guide.blocks("json").collect();
    assert_eq!(
        (json[0].section.as_str(), json[0].text().as_str()),
        ("B", "{\n}")
    );
    assert_eq!(guide.blocks("rust").next().unwrap().section, "");
}
