//! Secrets are in files that the configuration names, and never in it.

use tower_jwt_auth::ConfigErrorKind;

use crate::page::{Files, read, write};

/// Settings that are rejected.
pub(crate) const NAMES: [&str; 9] = [
    "secret",
    "secrets",
    "shared_secret",
    "client_secret",
    "hmac_secret",
    "key",
    "password",
    "bearer_token",
    "token",
];

const ISSUER: &str = "[[issuers]]\nissuer = \"https://login.example.com\"\naudience = \"a\"\n";

#[test]
fn a_secret_in_the_configuration_is_rejected_and_not_shown() {
    let introspection = format!("{ISSUER}[issuers.introspection]\nauth_method = \"none\"\n");
    for (text, path) in [
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
    ] {
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
        "dpop = {{ nonces = {{ key_files = [\"{shown}/nonces-new\"] }} }}\n{ISSUER}\
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
