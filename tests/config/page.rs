//! The blocks of `docs/configuration.md`, with files in place of the paths in them.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ConfigError, JwtAuthConfig, Secret};

/// Stands in each block without an issuer.
const ISSUER: &str = "\n[[issuers]]\nissuer = \"https://login.example.com\"\n\
    audience = \"https://api.example.com\"\n";

/// The files that the page names.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secrets = folder.path().join("secrets");
        fs::create_dir_all(secrets.join("jwt-dir")).unwrap();
        let secret = || {
            Secret::generate(Algorithm::HS256)
                .unwrap()
                .to_base64url()
                .to_string()
        };
        let names = [
            "jwt-dir/2026-01",
            "jwt-old",
            "jwt-new",
            "jwt",
            "introspection",
            "token",
        ];
        for name in names.into_iter().chain(["nonces-new", "nonces-old"]) {
            write(&secrets.join(name), &secret());
        }
        let key = TestKey::generate(Algorithm::ES256);
        let keys = serde_json::json!({ "keys": [key.jwk()] }).to_string();
        write(&folder.path().join("keys.json"), &keys);
        write(&folder.path().join("key.pem"), &key.pem());
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Replaces the paths of a block.
    fn in_place(&self, block: &str) -> String {
        let root = self.path().display();
        block
            .replace(
                "\"/run/secrets/jwt\"\n#files",
                "\"/run/secrets/jwt-dir\"\n#files",
            )
            .replace("/run/secrets/", &format!("{root}/secrets/"))
            .replace("/etc/jwt/", &format!("{root}/"))
    }
}

/// No other user can write to it.
pub(crate) fn write(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// One block: its lines, and an issuer if it has none.
#[derive(Clone)]
pub(crate) struct Block {
    pub(crate) lines: Vec<String>,
    issuer: &'static str,
}

impl Block {
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}", self.lines.join("\n"), self.issuer)
    }

    /// Returns a block without a line, or with another one in its place.
    pub(crate) fn with(&self, index: usize, line: Option<String>) -> Self {
        let mut changed = self.clone();
        match line {
            Some(line) => changed.lines[index] = line,
            None => drop(changed.lines.remove(index)),
        }
        changed
    }

    /// Returns what a developer sees of the builder.
    pub(crate) fn shown(&self) -> Result<String, String> {
        shown(&self.text())
    }
}

pub(crate) fn shown(text: &str) -> Result<String, String> {
    let config = read(text)?;
    let builder = config
        .into_builder()
        .map_err(|error: ConfigError| error.to_string())?;
    Ok(format!("{builder:#?}"))
}

pub(crate) fn read(text: &str) -> Result<JwtAuthConfig, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}

/// Returns the blocks of the page.
pub(crate) fn blocks(files: &Files) -> Vec<Block> {
    let page = include_str!("../../docs/configuration.md");
    let blocks = page.split("```toml\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    blocks
        .map(|block| Block {
            lines: files
                .in_place(block)
                .lines()
                .map(ToOwned::to_owned)
                .collect(),
            issuer: if block.contains("[[issuers]]") {
                ""
            } else {
                ISSUER
            },
        })
        .collect()
}
