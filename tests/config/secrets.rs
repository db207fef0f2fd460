//! Secrets are in files that the configuration names, and never in it.

use tower_jwt_auth::ConfigErrorKind;

use crate::page::{Files, read, write};

/// Settings that are rejected.
pub(crate) const NAMES: [&str; 11] = [
    "secret",
    "secrets",
    "shared_secret",
    "client_secret",
    "hmac_secret",
    "key",
    "keys",
    "value",
    "password",
    "bearer_token",
    "token",
];

const ISSUER: &str = "[[issuers]]\nissuer = \"https://login.example.com\"\naudience = \"a\"\n";

#[test]
fn a_secret_in_the_configuration_is_rejected_and_not_shown() {
    let introspection = format!("{ISSUER}[issuers.introspection]\nauth_method = \"none\"\n");
    let secrets = format!("{ISSUER}[issuers.secrets]\n");
    let nonces = "[dpop]\nrequired = true\n[dpop.nonces]\n";
    let in_tables = ["secret", "key", "value", "password", "token"].into_iter();
    let in_tables = in_tables.flat_map(|name| {
        [
            (
                format!("{secrets}{name} = \"telltale\""),
                "issuers[0].secrets: ",
            ),
            (
                format!("{nonces}{name} = \"telltale\"\n{ISSUER}"),
                "dpop.nonces: ",
            ),
        ]
    });
    let others = [
        (
            format!("{ISSUER}secrets = \"telltale\""),
            "issuers[0].secrets: ",
        ),
        (
            format!("{ISSUER}secrets = [\"telltale\"]"),
            "issuers[0].secrets: ",
        ),
        (
            format!("{nonces}keys = [\"telltale\"]\n{ISSUER}"),
            "dpop.nonces: ",
        ),
        (format!("secret = \"telltale\"\n{ISSUER}"), ""),
        (format!("secrets = [\"telltale\"]\n{ISSUER}"), ""),
        (format!("password = \"telltale\"\n{ISSUER}"), ""),
        (format!("{ISSUER}secret = \"telltale\""), "issuers[0]: "),
        (
            format!("{ISSUER}shared_secret = \"telltale\""),
            "issuers[0]: ",
        ),
        (
            format!("{ISSUER}client_secret = \"telltale\""),
            "issuers[0]: ",
        ),
        (
            format!("{ISSUER}hmac_secret = \"telltale\""),
            "issuers[0]: ",
        ),
        (
            format!("{ISSUER}key = {{ k = \"telltale\" }}"),
            "issuers[0]: ",
        ),
        (
            format!("{introspection}client_secret = \"telltale\""),
            "issuers[0].introspection: ",
        ),
        (
            format!("{introspection}secret = \"telltale\""),
            "issuers[0].introspection: ",
        ),
        (
            format!("{introspection}bearer_token = \"telltale\""),
            "issuers[0].introspection: ",
        ),
        (
            format!("{introspection}token = \"telltale\""),
            "issuers[0].introspection: ",
        ),
        (
            format!("{introspection}password = \"telltale\""),
            "issuers[0].introspection: ",
        ),
    ];
    for (text, path) in others.into_iter().chain(in_tables) {
        // Reading it is no error: that of a parser would show the line.
        let config = read(&text).unwrap();
        assert!(!format!("{config:?}").contains("telltale"));
        assert!(!toml::to_string(&config).unwrap().contains("telltale"));
        let error = config.build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("{path}a secret (")),
            "{message}"
        );
        let lines = format!("\n{text}");
        let is_set = |name: &&str| lines.contains(&format!("\n{name} = "));
        let setting = NAMES.into_iter().find(is_set).unwrap();
        let (names, end) = message.split_once(") ").unwrap();
        assert!(names.contains(setting), "{message}");
        assert!(
            end.starts_with("must not be in the configuration"),
            "{message}"
        );
        assert!(
            !format!("{message} {error:?}").contains("telltale"),
            "{message}"
        );
    }
}

/// A program's own configuration, in which that of the layer is a part.
#[derive(Debug, serde::Deserialize)]
struct Program {
    #[allow(dead_code, reason = "`Debug` shows it")]
    auth: tower_jwt_auth::JwtAuthConfig,
}

#[test]
fn an_error_of_the_format_shows_no_value() {
    for setting in [
        "leeway = { a = \"telltale\" }",
        "leeway = \"telltale\"",
        "max_members = \"telltale\"",
        "optional = \"telltale\"",
        "require_scopes = \"telltale\"",
        "rules = \"telltale\"",
        "dpop = \"telltale\"",
        "dpop = [\"telltale\"]",
        "dpop = { nonces = \"telltale\" }",
        "dpop = { sekret = \"telltale\" }",
        "dpop = { nonces = { sekret = \"telltale\" } }",
        "token_cache = \"telltale\"",
        "resource = [\"telltale\"]",
        "issuers = \"telltale\"",
        "issuers = [\"telltale\"]",
        "issuers = [{ issuer = \"a\", jwks_cache = \"telltale\" }]",
        "issuers = [{ issuer = \"a\", introspection = [\"telltale\"] }]",
        "issuers = [{ issuer = \"a\", sekret = \"telltale\" }]",
        "issuers = [{ issuer = \"a\", secrets = { sekret = \"telltale\" } }]",
        "issuers = [{ issuer = \"a\", secrets = { files = \"telltale\" } }]",
        "issuers = [{ secrets = { dir = \"telltale\" } }]",
        "issuers = [{ issuer = \"a\", secrets = { file = \"a\", algorithm = \"telltale\" } }]",
        "issuers = [{ issuer = \"a\", secrets = { file = \"a\", encoding = \"telltale\" } }]",
        "issuers = [{ issuer = \"a\", algorithms = [\"telltale\"] }]",
    ] {
        let error = read(setting).unwrap_err();
        assert!(!error.contains("telltale"), "{error}");
        let part = format!("[auth]\n{setting}\n");
        let error = toml::from_str::<Program>(&part).unwrap_err();
        assert!(!error.to_string().contains("telltale"), "{error}");
    }
}

/// `Debug` and `Display` of the format's errors do, so the program of the page uses neither.
#[test]
fn the_program_of_the_page_shows_no_text_of_a_file_that_is_not_toml() {
    let text = "[database]\npassword = telltale\n[auth]\nissuers = []\n";
    let error = toml::from_str::<Program>(text).unwrap_err();
    assert!(format!("{error:?}").contains("telltale"));
    assert!(error.to_string().contains("telltale"));
    assert!(!error.message().contains("telltale"), "{}", error.message());
    let page = include_str!("../../docs/configuration.md");
    let program = page.split("fn layer(").nth(1).unwrap();
    let program = program.split("\n```").next().unwrap();
    assert!(program.contains("map_err(|error| located(&text, &error))?"));
    assert_eq!(program.matches("error.message()").count(), 2);
}

#[test]
fn the_name_of_a_variable_that_may_be_the_secret_is_not_shown() {
    let introspection = "[issuers.introspection]\nclient_id = \"a\"\nclient_secret_env";
    for table in ["[issuers.secrets]\nenv", introspection] {
        let is_none = "must be the name of an environment variable";
        let is_unset = "one of them must be set";
        for (name, expected) in [
            ("telltale+secret", is_none),
            ("telltale=", is_none),
            ("tell tale", is_none),
            ("", is_none),
            ("TELLTALE_UNSET_tell", is_unset),
            ("0telltale-unset.tell", is_unset),
        ] {
            let text = format!("{ISSUER}{table} = \"{name}\"\n");
            let error = read(&text).unwrap().build().unwrap_err().to_string();
            assert!(error.starts_with("issuers[0]."), "{error}");
            assert!(error.contains("env: "), "{error}");
            assert!(error.contains(expected), "{error}");
            assert!(!error.to_lowercase().contains("tell"), "{error}");
        }
    }
}

#[test]
fn debug_shows_no_userinfo_and_no_query_of_a_url() {
    for setting in [
        "jwks_uri",
        "metadata_url",
        "introspection.url",
        "introspection.signed_responses.jwks_uri",
    ] {
        let signed = if setting.contains("signed") {
            "introspection.signed_responses.audience = \"a\"\n"
        } else {
            ""
        };
        for url in [
            "https://login.example.com/keys?key=telltale",
            "https://telltale@login.example.com/keys",
        ] {
            let text = format!("{ISSUER}{signed}{setting} = \"{url}\"\n");
            let config = read(&text).unwrap();
            let shown = format!("{config:?}");
            assert!(shown.contains("https://login.example.com/keys"), "{shown}");
            assert!(!shown.contains("telltale"), "{shown}");
            assert!(toml::to_string(&config).unwrap().contains(url));
        }
    }
}

#[test]
fn the_secrets_that_files_hold_are_not_shown() {
    let files = Files::new();
    let folder = files.path().join("secrets");
    let secret = "1f0e5c7b9d3aTELLTALE4862f1e0c5b7d9a34268";
    for name in ["jwt", "introspection", "nonces-new"] {
        write(&folder.join(name), secret);
    }
    let shown = folder.display();
    let text = format!(
        "dpop = {{ required = true, nonces = {{ key_files = [\"{shown}/nonces-new\"] }} }}\n{ISSUER}\
         [issuers.secrets]\nfile = \"{shown}/jwt\"\n\
         [[issuers]]\nissuer = \"https://b.example.com\"\naudience = \"b\"\n\
         [issuers.introspection]\nclient_id = \"a\"\n\
         client_secret_file = \"{shown}/introspection\"\n"
    );
    let config = read(&text).unwrap();
    let builder = config.clone().into_builder().unwrap();
    let layer = builder.build().unwrap();
    let builder = config.clone().into_builder().unwrap();
    for shown in [
        format!("{config:?}"),
        format!("{builder:?}"),
        format!("{layer:?}"),
        toml::to_string(&config).unwrap(),
    ] {
        assert!(!shown.contains("TELLTALE"), "{shown}");
    }
}

#[test]
fn a_weak_secret_is_rejected_with_its_path() {
    let files = Files::new();
    let file = files.path().join("secrets/jwt");
    write(&file, "secretsecretsecretsecretsecretsecret");
    let text = format!("{ISSUER}[issuers.secrets]\nfile = \"{}\"\n", file.display());
    let error = read(&text).unwrap().build().unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::WeakSecret);
    assert!(
        error.to_string().starts_with("issuers[0].secrets: "),
        "{error}"
    );
    assert!(!error.to_string().contains("secretsecret"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_that_other_users_can_write_to_is_rejected() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let files = Files::new();
    let (keys, secrets) = (files.path().join("keys.json"), files.path().join("secrets"));
    let all = [
        (keys, "jwks_file", "issuers[0].jwks_file: "),
        (
            secrets.join("jwt"),
            "secrets.file",
            "issuers[0].secrets.file: ",
        ),
        (
            secrets.join("introspection"),
            "introspection.client_secret_file",
            "issuers[0].introspection.client_secret_file: ",
        ),
    ];
    for (file, setting, path) in all {
        let id = if setting.starts_with("introspection") {
            "introspection.client_id = \"a\"\n"
        } else {
            ""
        };
        let text = format!("{ISSUER}{id}{setting} = \"{}\"\n", file.display());
        assert!(read(&text).unwrap().build().is_ok());
        set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
        let error = read(&text).unwrap().build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::UnusableFile);
        assert!(error.to_string().starts_with(path), "{error}");
    }
}
