//! Requirement 21: metadata must name the configured issuer, and leads to its keys (OpenID Connect
//! Discovery §4, RFC 8414 §3).

use serde_json::{Value, json};
use tower_jwt_auth::testing::{TestIssuer, TestIssuerBuilder};
use tower_jwt_auth::{Algorithm, ErrorKind, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::web::Web;
use crate::support::{AUDIENCE, builder_for, default_key, send, token};

fn layer(issuer: &str) -> JwtAuthLayer {
    JwtAuthLayer::builder(Issuer::discovery(issuer, AUDIENCE))
        .build()
        .unwrap()
}

async fn start(builder: TestIssuerBuilder) -> TestIssuer {
    builder.start().await.unwrap()
}

/// Asserts that no keys are fetched from the issuer.
async fn no_keys(issuer: &TestIssuer, label: &str) {
    let answer = send(&layer(issuer.issuer()), &issuer.token().sign())
        .await
        .named(label);
    answer.rejected(503, None, ErrorKind::KeysUnavailable);
    assert_eq!(issuer.jwks_fetches(), 0, "{label}");
}

#[tokio::test]
async fn metadata_leads_to_the_keys() {
    let issuer =
        start(TestIssuer::builder().algorithms([Algorithm::ES256, Algorithm::Ed25519])).await;
    let layer = JwtAuthLayer::discover(issuer.issuer(), AUDIENCE)
        .await
        .unwrap();
    send(&layer, &issuer.token().sign()).await.accepted();
    send(&layer, &issuer.token_with(Algorithm::Ed25519).sign())
        .await
        .accepted();
    assert_eq!((issuer.metadata_fetches(), issuer.jwks_fetches()), (1, 1));
}

#[tokio::test]
async fn metadata_of_another_issuer_is_rejected() {
    let issuer = TestIssuer::start().await.unwrap();
    let name = issuer.issuer().to_owned();
    let upper = name.replace("http", "HTTP");
    let others = [
        format!("{name}/"),
        upper,
        "https://attacker.example".to_owned(),
        String::new(),
        format!(" {name}"),
    ];
    for other in others {
        issuer.set_metadata_member("issuer", other.clone());
        no_keys(&issuer, &other).await;
    }
    for other in [Value::Null, json!([name]), json!(1)] {
        issuer.set_metadata_member("issuer", other.clone());
        no_keys(&issuer, &other.to_string()).await;
    }
    issuer.remove_metadata_member("issuer");
    no_keys(&issuer, "absent").await;
}

/// Returns the status for a valid token whose issuer has this metadata.
async fn answer_with_metadata(metadata: &[u8]) -> (u16, Web) {
    let issuer = "https://login.example";
    let web = Web::default();
    web.publish_bytes(
        "https://login.example/.well-known/openid-configuration",
        metadata.to_vec(),
    );
    web.publish(
        "https://login.example/keys",
        &json!({"keys": [default_key().jwk()]}),
    );
    let trusted = Issuer::discovery(issuer, AUDIENCE).http_client(web.client());
    let answer = send(
        &builder_for(trusted).build().unwrap(),
        &token().issuer(issuer).sign(),
    )
    .await;
    (answer.status.as_u16(), web)
}

// RFC 8414 §3.2: a JSON object, which is UTF-8 throughout (RFC 8259 §8.1).
#[tokio::test]
async fn metadata_that_is_not_an_object_in_utf8_is_rejected() {
    let members: &[u8] =
        br#""issuer":"https://login.example","jwks_uri":"https://login.example/keys""#;
    assert_eq!(
        answer_with_metadata(&[&b" {"[..], members, b"}"].concat())
            .await
            .0,
        200
    );
    let array: &[u8] = br#"["https://login.example","https://login.example/keys"]"#;
    for rejected in [
        array.to_vec(),
        [&b"{\"x\":\"\xff\","[..], members, b"}"].concat(),
    ] {
        let (status, web) = answer_with_metadata(&rejected).await;
        assert_eq!(status, 503);
        let is_key_set = |url: &String| url.ends_with("/keys");
        assert!(!web.fetched().iter().any(is_key_set));
    }
}

// RFC 8414 §3.3: issuers are compared as strings, not as URLs.
#[tokio::test]
async fn an_issuer_with_a_trailing_slash_is_another_issuer() {
    let issuer = TestIssuer::start().await.unwrap();
    let slash = format!("{}/", issuer.issuer());
    let answer = send(&layer(&slash), &issuer.token().issuer(&slash).sign()).await;
    answer.rejected(503, None, ErrorKind::KeysUnavailable);
    issuer.set_metadata_member("issuer", slash.clone());
    send(&layer(&slash), &issuer.token().issuer(&slash).sign())
        .await
        .accepted();
}

#[tokio::test]
async fn metadata_without_a_usable_jwks_uri_is_rejected() {
    let issuer = TestIssuer::start().await.unwrap();
    let values = [
        Value::Null,
        json!(""),
        json!("/jwks"),
        json!("//127.0.0.1/jwks"),
        json!("ftp://127.0.0.1/jwks"),
        json!("file:///etc/jwks"),
        json!("data:application/json,{}"),
        json!("http://keys.example/jwks"),
        json!("http://127.0.0.1.example/jwks"),
        json!("http://127.0.0.1@keys.example/jwks"),
        json!("http://10.0.0.1/jwks"),
        json!("http://169.254.169.254/jwks"),
        json!([issuer.jwks_uri()]),
        json!({"uri": issuer.jwks_uri()}),
    ];
    for value in values {
        issuer.set_metadata_member("jwks_uri", value.clone());
        no_keys(&issuer, &value.to_string()).await;
    }
    issuer.remove_metadata_member("jwks_uri");
    no_keys(&issuer, "absent").await;
}

#[tokio::test]
async fn the_oauth_document_is_read_if_there_is_no_openid_document() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_openid_discovery(false);
    send(&layer(issuer.issuer()), &issuer.token().sign())
        .await
        .accepted();
    assert_eq!((issuer.metadata_fetches(), issuer.jwks_fetches()), (2, 1));
    issuer.set_metadata_member("issuer", "https://attacker.example");
    let answer = send(&layer(issuer.issuer()), &issuer.token().sign()).await;
    answer.rejected(503, None, ErrorKind::KeysUnavailable);
    issuer.set_oauth_discovery(false);
    issuer.reset_counts();
    no_keys(&issuer, "neither").await;
}

#[tokio::test]
async fn the_documents_of_an_issuer_with_a_path_are_found() {
    for (openid, oauth) in [(true, false), (false, true)] {
        let issuer = start(TestIssuer::builder().path("/tenants/one")).await;
        issuer.set_openid_discovery(openid);
        issuer.set_oauth_discovery(oauth);
        send(&layer(issuer.issuer()), &issuer.token().sign())
            .await
            .named((openid, oauth))
            .accepted();
    }
}

/// Returns the URLs that are fetched to find the metadata of an issuer, in order.
async fn documents_of(issuer: &str) -> Vec<String> {
    let web = Web::default();
    let trusted = Issuer::discovery(issuer, AUDIENCE).http_client(web.client());
    let answer = send(
        &builder_for(trusted).build().unwrap(),
        &token().issuer(issuer).sign(),
    )
    .await;
    answer.rejected(503, None, ErrorKind::KeysUnavailable);
    web.fetched()
}

// OpenID Connect Discovery §4.1 appends to the path; RFC 8414 §3.1 inserts before it. Both drop a
// trailing slash.
#[tokio::test]
async fn the_documents_are_fetched_from_where_each_standard_says() {
    let root = [
        "https://login.example/.well-known/openid-configuration",
        "https://login.example/.well-known/oauth-authorization-server",
    ];
    assert_eq!(documents_of("https://login.example").await, root);
    assert_eq!(documents_of("https://login.example/").await, root);
    let tenant = [
        "https://login.example:8443/a/b/.well-known/openid-configuration",
        "https://login.example:8443/.well-known/oauth-authorization-server/a/b",
        "https://login.example:8443/.well-known/openid-configuration/a/b",
    ];
    assert_eq!(documents_of("https://login.example:8443/a/b").await, tenant);
    assert_eq!(
        documents_of("https://login.example:8443/a/b/").await,
        tenant
    );
}

/// Returns the status for a valid token if the metadata of an `https` issuer has this `jwks_uri`.
async fn answer_with_jwks_uri(jwks_uri: &str) -> (u16, Web) {
    let issuer = "https://login.example";
    let web = Web::default();
    let metadata = json!({"issuer": issuer, "jwks_uri": jwks_uri});
    web.publish(
        "https://login.example/.well-known/openid-configuration",
        &metadata,
    );
    web.publish(jwks_uri, &json!({"keys": [default_key().jwk()]}));
    let trusted = Issuer::discovery(issuer, AUDIENCE).http_client(web.client());
    let answer = send(
        &builder_for(trusted).build().unwrap(),
        &token().issuer(issuer).sign(),
    )
    .await;
    (answer.status.as_u16(), web)
}

#[tokio::test]
async fn the_jwks_uri_of_an_https_issuer_must_be_https() {
    for jwks_uri in [
        "https://login.example/keys",
        "https://keys.example/v1?tenant=a",
        "HTTPS://login.example/k",
    ] {
        assert_eq!(answer_with_jwks_uri(jwks_uri).await.0, 200, "{jwks_uri}");
    }
    for jwks_uri in [
        "http://login.example/keys",
        "http://127.0.0.1/keys",
        "http://localhost:80/keys",
        "http://[::1]/k",
    ] {
        let (status, web) = answer_with_jwks_uri(jwks_uri).await;
        assert_eq!((status, web.fetched().len()), (503, 1), "{jwks_uri}");
    }
}
