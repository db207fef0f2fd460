//! Log events about an issuer's keys.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::{Value, json};
use tower::service_fn;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, ErrorKind, HttpClient, Issuer, JwksCacheSettings, JwtAuthBuilder,
    Key, Secret, SecretEncoding, SecretFiles, Tenants,
};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key};
use crate::{TURN, capture, text};

#[tokio::test]
async fn an_emptied_key_set_has_a_log_line_of_its_own() {
    let _turn = TURN.lock().await;
    let emptied = Arc::<AtomicBool>::default();
    let sent = Arc::clone(&emptied);
    let client = HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| {
        let keys = if sent.load(Relaxed) {
            vec![]
        } else {
            vec![default_key().jwk()]
        };
        let body = Full::<Bytes>::from(json!({"keys": keys}).to_string());
        async { Ok::<_, io::Error>(Response::new(body)) }
    }));
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE).http_client(client);
    let authenticator: Authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    assert!(authenticator.prefetch().await.is_ok());
    capture();
    emptied.store(true, Relaxed);
    assert!(authenticator.prefetch().await.is_err());
    let text = text();
    let is_withdrawal = |line: &&str| {
        line.contains("ERROR")
            && line.contains("JWK set without a usable key")
            && line.contains("300s")
    };
    assert_eq!(text.lines().filter(is_withdrawal).count(), 1, "{text}");
}

#[tokio::test]
async fn a_failed_fetch_for_a_tenant_that_may_be_made_up_is_no_warning() {
    let _turn = TURN.lock().await;
    let client = HttpClient::new(service_fn(|_: Request<Full<Bytes>>| async {
        Err::<Response<Full<Bytes>>, _>(io::Error::other("unreachable"))
    }));
    let failing = |name: &str| Issuer::discovery(name, AUDIENCE).http_client(client.clone());
    let tenants = failing("https://login.example/{t}").tenants(Tenants::allowed_by(|_| true));
    for (issuer, name, level) in [
        (tenants, "https://login.example/telltale", "DEBUG"),
        (failing(ISSUER), ISSUER, "WARN"),
    ] {
        let authenticator = Authenticator::builder(issuer);
        let authenticator = authenticator.build_authenticator().unwrap();
        capture();
        let token = default_key().token().issuer(name).audience(AUDIENCE).sign();
        let error = authenticator.authenticate(&token).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
        let text = text();
        let failed = text
            .lines()
            .filter(|line| line.contains("fetching keys failed"));
        let is_expected = |line: &str| line.contains(level) && line.contains(name);
        assert_eq!(
            failed.map(is_expected).collect::<Vec<_>>(),
            [true],
            "{text}"
        );
    }
}

/// Returns an authenticator for an issuer that publishes these keys.
fn publishing(keys: Value) -> JwtAuthBuilder {
    let client = HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| {
        let body = Full::<Bytes>::from(json!({ "keys": keys }).to_string());
        async { Ok::<_, io::Error>(Response::new(body)) }
    }));
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE).http_client(client);
    Authenticator::builder(issuer)
}

#[tokio::test]
async fn a_set_without_a_usable_key_is_logged_with_the_reason_for_each_key() {
    let _turn = TURN.lock().await;
    capture();
    let mut jwk = default_key().jwk();
    jwk["alg"] = json!("RSA-OAEP");
    let builder = publishing(json!([jwk]));
    let authenticator = builder.build_authenticator().unwrap();
    assert!(authenticator.prefetch().await.is_err());
    let text = text();
    let reason = "key \\\"ES256\\\" has alg \\\"RSA-OAEP\\\", which is not a supported signature";
    let is_named = |line: &&str| line.contains("WARN") && line.contains(reason);
    assert_eq!(text.lines().filter(is_named).count(), 1, "{text}");
    assert_eq!(text.matches("no usable key").count(), 1, "{text}");
}

#[tokio::test]
async fn a_token_that_too_many_keys_fit_is_logged_once_by_key_set() {
    let _turn = TURN.lock().await;
    let keys: Vec<_> = (0..9)
        .map(|_| TestKey::generate(Algorithm::ES256))
        .collect();
    let jwks: Vec<_> = keys.iter().map(TestKey::jwk).collect();
    let authenticator = publishing(json!(jwks)).build_authenticator().unwrap();
    authenticator.prefetch().await.unwrap();
    capture();
    let other_key = TestKey::generate(Algorithm::ES256);
    let token = other_key.token().issuer(ISSUER).audience(AUDIENCE);
    let token = token.without_header("kid").sign();
    for _ in 0..3 {
        let error = authenticator.authenticate(&token).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooManyKeys);
    }
    let text = text();
    let is_warning =
        |line: &&str| line.contains("WARN") && line.contains("max_candidates keys were tried");
    assert_eq!(text.lines().filter(is_warning).count(), 1, "{text}");
    assert!(!text.contains("InvalidSignature"), "{text}");
}

#[tokio::test]
async fn hosts_that_are_allowed_without_tls_are_logged_when_the_layer_is_built() {
    let _turn = TURN.lock().await;
    capture();
    let settings = JwksCacheSettings::default().allowed_http_hosts(["keycloak"]);
    let issuer = Issuer::jwks(ISSUER, "http://keycloak:8080/jwks", AUDIENCE).jwks_cache(settings);
    let _built: Authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    let text = text();
    let is_warning = |line: &&str| {
        line.contains("WARN") && line.contains("allowed_http_hosts") && line.contains("keycloak")
    };
    assert_eq!(text.lines().filter(is_warning).count(), 1, "{text}");
}

#[tokio::test]
async fn a_secret_whose_text_encodes_fewer_bytes_than_its_hash_has_is_a_warning_with_its_issuer() {
    let _turn = TURN.lock().await;
    let secret = Secret::generate(Algorithm::HS256).unwrap();
    crate::support::recorded::record(secret.as_ref());
    let text_of = |secret: &Secret| {
        capture();
        let key = Key::from_secret(Algorithm::HS256, secret).unwrap();
        let issuer = Issuer::from_keys(ISSUER, key.with_key_id("2026"), AUDIENCE);
        let _built: Authenticator = Authenticator::builder(issuer)
            .build_authenticator()
            .unwrap();
        text()
    };
    let base64 = secret.to_base64url();
    let hex = (0..32).map(|index| format!("{:x}", secret.as_ref()[index] % 16));
    for (weak, encoding) in [(&base64[..32], "base64"), (&hex.collect::<String>(), "hex")] {
        let log = text_of(&Secret::new(weak));
        assert_eq!(log.matches("WARN").count(), 1, "{log}");
        for expected in [
            "name the encoding",
            &format!("encoding=\"{encoding}\""),
            &format!("issuer=\"{ISSUER}\""),
            "key_id=\"2026\"",
        ] {
            assert!(log.contains(expected), "{expected} in {log}");
        }
        assert!(!log.contains(weak), "{log}");
    }
    assert_eq!(text_of(&Secret::new(&*base64)), "");
    let decoded = Secret::decode(&*base64, SecretEncoding::Base64url).unwrap();
    assert_eq!(text_of(&decoded), "");
}

#[tokio::test]
async fn two_issuers_that_have_come_to_share_a_secret_are_an_error_each_with_both_key_ids() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let secrets = [(); 2].map(|()| Secret::generate(Algorithm::HS256).unwrap());
    let write = |name: &str, secret: &Secret| {
        crate::support::recorded::record(secret.as_ref());
        std::fs::write(folder.path().join(name), &*secret.to_base64url()).unwrap();
    };
    write("theirs", &secrets[0]);
    let files = SecretFiles::watch(folder.path(), Algorithm::HS256)
        .encoding(SecretEncoding::Base64url)
        .build()
        .unwrap();
    let ours = Key::from_secret(Algorithm::HS256, &secrets[1]).unwrap();
    let ours = Issuer::from_keys(ISSUER, ours.with_key_id("ours"), AUDIENCE);
    let other = "https://other.example";
    let theirs = Issuer::from_key_source(other, files.clone(), AUDIENCE);
    let builder = Authenticator::builder(ours).add_issuer(theirs);
    let authenticator: Authenticator = builder.build_authenticator().unwrap();
    capture();
    write("shared", &secrets[1]);
    files.reload().await.unwrap();
    let log = text();
    for expected in [
        format!("issuer=\"{ISSUER}\" key_id=\"ours\" other=\"{other}\" other_key_id=\"shared\""),
        format!("issuer=\"{other}\" key_id=\"shared\" other=\"{ISSUER}\" other_key_id=\"ours\""),
    ] {
        let is_error = |line: &&str| line.contains("ERROR") && line.contains(&expected);
        assert_eq!(
            log.lines().filter(is_error).count(),
            1,
            "{expected} in {log}"
        );
    }
    drop(authenticator);
}

#[tokio::test(start_paused = true)]
async fn a_long_outage_is_a_warning_at_once_and_then_one_a_minute_with_the_number_of_failures() {
    let _turn = TURN.lock().await;
    let client = HttpClient::new(service_fn(|_: Request<Full<Bytes>>| async {
        Err::<Response<Full<Bytes>>, _>(io::Error::other("unreachable"))
    }));
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE).http_client(client);
    let authenticator: Authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    let token = default_key().token().issuer(ISSUER).audience(AUDIENCE);
    let token = token.sign();
    capture();
    let mut warnings = Vec::new();
    for second in 0..600 {
        authenticator.authenticate(&token).await.unwrap_err();
        let text = text();
        let is_warning =
            |line: &&str| line.contains("WARN") && line.contains("fetching keys failed");
        let lines: Vec<_> = text.lines().filter(is_warning).collect();
        if lines.len() > warnings.len() {
            warnings.push((second, lines[lines.len() - 1].to_owned()));
        }
        assert_eq!(lines.len(), warnings.len(), "{text}");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    let seconds: Vec<_> = warnings.iter().map(|(second, _)| *second).collect();
    assert_eq!(seconds[0], 0, "{warnings:?}");
    assert!((9..=10).contains(&seconds.len()), "{warnings:?}");
    assert!(
        seconds.windows(2).all(|pair| pair[1] - pair[0] >= 60),
        "{warnings:?}"
    );
    let number = |line: &str, field: &str| {
        let (_, value) = line.split_once(&format!("{field}="))?;
        let digits = value.split(|character: char| !character.is_ascii_digit());
        digits.into_iter().next()?.parse::<u32>().ok()
    };
    let mut logged = 0;
    for (index, (_, line)) in warnings.iter().enumerate() {
        let failures = number(line, "failures").unwrap();
        let between = (index > 0).then(|| failures - logged - 1);
        assert_eq!(number(line, "suppressed"), between, "{line}");
        assert!(between.is_none_or(|between| between > 5), "{line}");
        logged = failures;
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_of_each_outage_is_a_warning() {
    let _turn = TURN.lock().await;
    let fails = Arc::new(AtomicBool::new(true));
    let failing = Arc::clone(&fails);
    let client = HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| {
        let fails = failing.load(Relaxed);
        async move {
            let body = json!({"keys": [default_key().jwk()]}).to_string();
            let response = Response::new(Full::<Bytes>::from(body));
            if fails {
                Err(io::Error::other("unreachable"))
            } else {
                Ok(response)
            }
        }
    }));
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE).http_client(client);
    let builder = Authenticator::builder(issuer);
    let authenticator: Authenticator = builder.build_authenticator().unwrap();
    capture();
    for outage in 1..=3 {
        fails.store(true, Relaxed);
        for _ in 0..3 {
            authenticator.prefetch().await.unwrap_err();
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
        fails.store(false, Relaxed);
        authenticator.prefetch().await.unwrap();
        let text = text();
        let warnings = text
            .lines()
            .filter(|line| line.contains("WARN") && line.contains("fetching keys failed"));
        let warnings: Vec<_> = warnings.collect();
        assert_eq!(warnings.len(), outage, "{text}");
        assert!(
            warnings
                .iter()
                .all(|line| line.contains("failures=1") && !line.contains("suppressed")),
            "{warnings:?}"
        );
    }
}
