//! Errors name the setting.

use tower_jwt_auth::{ConfigErrorKind, JwtAuthConfig};

use crate::page::read;

const ISSUER: &str = "[[issuers]]\nissuer = \"https://login.example.com\"\n\
    audience = \"https://api.example.com\"\n";

fn error(text: &str) -> String {
    let config = read(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    match config.build() {
        Ok(_) => panic!("{text}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_unknown_setting_is_an_error_that_names_it() {
    for (text, name) in [
        ("leway = \"1s\"", "leway"),
        ("[token_cache]\nttl = \"1s\"", "ttl"),
        ("[[issuers]]\nissuer = \"a\"\njwks = \"b\"", "jwks"),
        (
            "[[issuers]]\nissuer = \"a\"\n[issuers.jwks_cache]\nmax_tll = \"1s\"",
            "max_tll",
        ),
        (
            "[[issuers]]\nissuer = \"a\"\naudience = { anyof = [\"b\"] }",
            "anyof",
        ),
        ("token_sources = [{ cookies = \"b\" }]", "cookies"),
        ("[dpop.nonces]\nfiles = []", "files"),
    ] {
        let error = read(text).unwrap_err();
        assert!(
            error.contains(&format!("unknown field `{name}`")),
            "{error}"
        );
    }
}

#[test]
fn a_value_of_another_type_is_an_error_that_says_what_is_expected() {
    for (text, expected) in [
        ("leeway = 60", "expected a text with a unit, such as"),
        ("leeway = \"60\"", "must be a text with a unit"),
        ("max_members = \"512\"", "expected a whole number"),
        ("max_members = -1", "expected a whole number"),
        ("optional = \"yes\"", "expected a boolean"),
        (
            "offload = [\"ES384\", \"none\"]",
            "unknown algorithm: must be",
        ),
        (
            "token_sources = [\"cookie\"]",
            "unknown value, expected one of",
        ),
        ("token_sources = \"authorization\"", "expected a list"),
        (
            "token_sources = [1]",
            "expected \"authorization\", \"websocket_protocol\"",
        ),
        ("issuers = \"https://login.example.com\"", "expected a list"),
        (
            "[[issuers]]\naudience = \"a\"",
            "issuers[0].issuer: is missing",
        ),
        (
            "[[issuers]]\nissuer = \"a\"\naudience = 1",
            "a text, a list of texts, or a table",
        ),
        (
            "[[issuers]]\nissuer = \"a\"\n[issuers.tenants]",
            "issuers[0].tenants.only: is missing",
        ),
        (
            "[mtls.header]\nform = \"x\"",
            "unknown value, expected one of client_cert",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.contains("TOML parse error"), "{text}: {error}");
    }
}

#[test]
fn an_error_of_the_format_has_the_path_of_the_setting() {
    for (text, expected) in [
        ("leeway = 60", "leeway: invalid type: integer"),
        (
            "token_sources = [\"authorization\", 1]",
            "token_sources[1]: ",
        ),
        (
            "[[issuers]]\nissuer = \"a\"\n[[issuers]]\nissuer = 1",
            "issuers[1].issuer: invalid type: integer, expected a string",
        ),
        (
            "[[issuers]]\nissuer = \"a\"\naudience = [1]",
            "issuers[0].audience[0]: invalid type: integer",
        ),
        (
            "[dpop.nonces]\nfiles = []",
            "dpop.nonces: unknown field `files`",
        ),
        (
            "[implied_scopes]\nadmin = \"a\"",
            "implied_scopes.admin: invalid type: string, expected a list",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    // In JSON, a name may occur twice.
    let twice = r#"{"optional": true, "optional": false}"#;
    let error = serde_json::from_str::<JwtAuthConfig>(twice).unwrap_err();
    assert!(
        error.to_string().contains("duplicate field `optional`"),
        "{error}"
    );
}

#[test]
fn an_error_has_the_path_of_a_setting_of_an_issuer() {
    let two = format!("{ISSUER}[[issuers]]\nissuer = \"https://b.example.com\"\n");
    let secrets = |setting: &str| format!("{two}audience = \"b\"\n[issuers.secrets]\n{setting}\n");
    let introspection =
        |setting: &str| format!("{two}audience = \"b\"\n[issuers.introspection]\n{setting}\n");
    for (text, expected) in [
        (String::new(), "issuers: is empty: must have an issuer"),
        (two.clone(), "issuers[1].audience: is missing"),
        (format!("{two}audience = []"), "issuers[1]: "),
        (
            format!("{two}audience = {{ and_scope = [\"a\"] }}"),
            "issuers[1].audience: must have one of any_of",
        ),
        (
            format!("{two}audience = {{ resource = true, any_of = [\"a\"] }}"),
            "issuers[1].audience.resource: excludes any_of: remove one",
        ),
        (
            format!("{two}audience = \"b\"\njwks_uri = \"http://b.example.com/keys\""),
            "issuers[1]: jwks_uri \"http://b.example.com/keys\"",
        ),
        (
            format!(
                "{two}audience = \"b\"\njwks_uri = \"https://b.example.com/k\"\ndiscovery = true"
            ),
            "issuers[1].jwks_uri: excludes discovery: remove one",
        ),
        (
            format!("{two}audience = \"b\"\njwks_file = \"/nowhere/keys.json\""),
            "issuers[1].jwks_file: file \"/nowhere/keys.json\"",
        ),
        (
            format!("{two}audience = \"b\"\nkey_file_interval = \"10s\""),
            "issuers[1].key_file_interval: has no effect",
        ),
        (
            secrets(""),
            "issuers[1].secrets: must have dir, files, file or env",
        ),
        (secrets("file = \"/nowhere\""), "issuers[1].secrets.file: "),
        (secrets("dir = \"/nowhere\""), "issuers[1].secrets.dir: "),
        (
            secrets("env = \"TELLTALE_UNSET\""),
            "issuers[1].secrets.env: ",
        ),
        (
            secrets("file = \"a\"\ndir = \"b\""),
            "issuers[1].secrets.file: excludes dir",
        ),
        (
            introspection(""),
            "issuers[1].introspection.auth_method: must be set",
        ),
        (
            introspection("client_id = \"a\"\nclient_secret_file = \"/nowhere\""),
            "issuers[1].introspection.client_secret_file: ",
        ),
        (
            introspection("auth_method = \"mutual_tls\"\nurl = \"http://127.0.0.1:8443/a\""),
            "issuers[1].introspection.client_id: is missing: must be the id of this service",
        ),
        (
            introspection("auth_method = \"mutual_tls\"\nclient_id = \"a\""),
            "issuers[1].introspection.auth_method is \"mutual_tls\": needs a url on loopback",
        ),
        (
            introspection(
                "auth_method = \"mutual_tls\"\nclient_id = \"a\"\nurl = \"https://a.example/b\"",
            ),
            "issuers[1].introspection.auth_method is \"mutual_tls\": needs a url on loopback",
        ),
        (
            introspection("auth_method = \"bearer_token\""),
            "issuers[1].introspection.auth_method is \"bearer_token\": needs bearer_token_file",
        ),
        (
            introspection("auth_method = \"client_secret_post\"\nbearer_token_file = \"a\""),
            "issuers[1].introspection.auth_method is \"client_secret_post\": needs \
             client_secret_file or client_secret_env",
        ),
        (
            introspection("auth_method = \"none\"\nclient_secret_env = \"A\""),
            "issuers[1].introspection.auth_method is \"none\": excludes client_secret_file, \
             client_secret_env and bearer_token_file",
        ),
        (
            format!("{two}audience = \"b\"\n[issuers.jwks_cache]\nmin_ttl = \"0s\""),
            "issuers[1]: ",
        ),
        (
            format!("{ISSUER}{ISSUER}"),
            "issuer \"https://login.example.com\"",
        ),
    ] {
        assert_starts(&text, expected);
    }
}

fn assert_starts(text: &str, expected: &str) {
    let error = error(text);
    assert!(error.starts_with(expected), "{text}\n{error}\n{expected}");
}

#[test]
fn an_error_has_the_path_of_a_setting_of_the_layer() {
    for (text, expected) in [
        (format!("leeway = \"2h\"\n{ISSUER}"), "leeway is 7200s"),
        (
            format!("token_sources = [\"authorization\", {{ cookie = \"a b\" }}]\n{ISSUER}"),
            "token_sources[1]: cookie name \"a b\"",
        ),
        (
            format!("token_sources = [{{ query = \"a\", header = \"b\" }}]\n{ISSUER}"),
            "token_sources[0].query: excludes header",
        ),
        (
            format!("token_sources = [{{ query = \"a\", scheme = \"b\" }}]\n{ISSUER}"),
            "token_sources[0].scheme: must be absent",
        ),
        (
            format!("token_sources = [{{ header = \"ä\" }}]\n{ISSUER}"),
            "token_sources[0]: must be the name of a header",
        ),
        (
            format!("token_sources = [{{}}]\n{ISSUER}"),
            "token_sources[0]: must have cookie",
        ),
        (
            format!("strip_token = true\nkeep_token = true\n{ISSUER}"),
            "keep_token: excludes strip_token: remove one",
        ),
        (
            format!("skip_paths = {{ exact = [\"a\"] }}\n{ISSUER}"),
            "skip_paths.exact: path \"a\"",
        ),
        (
            format!("skip_paths = {{}}\n{ISSUER}"),
            "skip_paths: must have exact",
        ),
        (
            format!("grpc_responses = true\ngrpc_paths = {{ exact = [\"/a\"] }}\n{ISSUER}"),
            "grpc_paths: excludes grpc_responses",
        ),
        (
            format!(
                "dpop = {{ required = true, public_origin = [\"https://a.example\", \"b\"] }}\n{ISSUER}"
            ),
            "dpop.public_origin[1]: ",
        ),
        (
            format!(
                "dpop = {{ required = true, trusted_proxies = {{ networks = [\"10.0.0.1/8\"] }} }}\n{ISSUER}"
            ),
            "dpop.trusted_proxies.networks: ",
        ),
        (
            format!("dpop = {{ required = true, trusted_proxies = {{}} }}\n{ISSUER}"),
            "dpop.trusted_proxies: must have networks or unix_socket",
        ),
        (
            format!(
                "dpop = {{ required = true, nonces = {{ key_files = [\"/nowhere\"] }} }}\n{ISSUER}"
            ),
            "dpop.nonces.key_files: ",
        ),
        (
            format!("mtls = {{ required = true, header = {{ form = \"envoy\" }} }}\n{ISSUER}"),
            "mtls.trusted_proxies: is missing",
        ),
        (
            format!(
                "mtls = {{ required = true, trusted_proxies = {{ unix_socket = true }} }}\n{ISSUER}"
            ),
            "mtls.header: is missing",
        ),
        (
            format!(
                "mtls = {{ required = true, header = {{ form = \"pem\" }}, trusted_proxies = {{ unix_socket = true }} }}\n{ISSUER}"
            ),
            "mtls.header.name: is missing",
        ),
        (
            format!("dpop = {{ max_age = \"1m\" }}\n{ISSUER}"),
            "dpop.required: is missing: true rejects tokens that are not bound, false accepts both",
        ),
        (
            format!("mtls = {{}}\n{ISSUER}"),
            "mtls.required: is missing: true rejects tokens that are not bound, false accepts both",
        ),
        (format!("rules = [{{}}]\n{ISSUER}"), "rules[0]: is empty"),
        (
            format!("rules = [{{ claim = \"/a\" }}]\n{ISSUER}"),
            "rules[0].claim: needs any_of",
        ),
        (
            format!("rules = [{{ present = true }}]\n{ISSUER}"),
            "rules[0].claim: is missing",
        ),
        (
            format!("rules = [{{ claim = \"a\", present = true }}]\n{ISSUER}"),
            "rules[0]: ",
        ),
    ] {
        assert_starts(&text, expected);
    }
}

#[test]
fn an_error_keeps_its_kind() {
    let kind = |text: &str| read(text).unwrap().build().unwrap_err().kind();
    let issuer = "[[issuers]]\nissuer = \"https://login.example.com\"\naudience = \"a\"\n";
    let http = format!("{issuer}jwks_uri = \"http://login.example.com/keys\"");
    assert_eq!(kind(&http), ConfigErrorKind::InsecureUrl);
    let file = format!("{issuer}pem_file = \"/nowhere\"");
    assert_eq!(kind(&file), ConfigErrorKind::UnusableFile);
    assert_eq!(
        kind(&format!("{issuer}{issuer}")),
        ConfigErrorKind::DuplicateIssuer
    );
    assert_eq!(kind("leeway = \"2h\""), ConfigErrorKind::InvalidSetting);
}

#[test]
fn json_is_read_as_toml_is() {
    let json = serde_json::json!({
        "leeway": "10s",
        "token_sources": ["authorization", {"cookie": "session"}],
        "issuers": [{"issuer": "https://login.example.com", "audience": "https://api.example.com"}],
    });
    let of_json: JwtAuthConfig = serde_json::from_value(json).unwrap();
    let of_toml = read(&format!(
        "leeway = \"10s\"\ntoken_sources = [\"authorization\", {{ cookie = \"session\" }}]\n{ISSUER}"
    ));
    assert_eq!(of_json, of_toml.unwrap());
}
