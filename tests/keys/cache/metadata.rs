//! Where the metadata is looked for, and what a failure says.

use serde_json::json;
use tower_jwt_auth::{Authenticator, ConfigErrorKind, Issuer, JwksCacheSettings};

use crate::cache::mock::{AUDIENCE, ISSUER, Mock};
use crate::cache::restart::Folder;
use crate::cache::site::{Page, Site};
use crate::support::tokio;

const OPENID: &str = "https://issuer.example/.well-known/openid-configuration";
const OAUTH: &str = "https://issuer.example/.well-known/oauth-authorization-server";
const KEYS: &str = "https://issuer.example/keys";

fn metadata(issuer: &str, jwks_uri: &str) -> Page {
    Page::ok(json!({"issuer": issuer, "jwks_uri": jwks_uri}).to_string())
}

fn authenticator(issuer: Issuer) -> Authenticator {
    Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap()
}

fn discovering(site: &Site, name: &str) -> Authenticator {
    authenticator(Issuer::discovery(name, AUDIENCE).http_client(site.client()))
}

/// Returns the error of a prefetch that failed, which the health has as well.
async fn failed(authenticator: &Authenticator) -> String {
    let error = authenticator.prefetch().await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    let health = authenticator.health().remove(0).fetch.unwrap();
    assert_eq!(health.last_error.as_deref(), Some(&*source));
    source
}

fn pages_that_are_no_metadata() -> Vec<(&'static str, Page)> {
    let page = |status, body: &str| Page::new(status, body);
    let large = format!("<html>{}", " ".repeat(2 << 20));
    vec![
        ("status 404", page(404, "")),
        ("status 301", page(301, "")),
        ("status 302", page(302, "<html>")),
        ("status 400", page(400, "")),
        ("status 401", page(401, "")),
        ("status 500", page(500, "")),
        ("status 501", page(501, "")),
        (
            "not a JSON object",
            page(200, "<!DOCTYPE html><div id=root></div>"),
        ),
        ("not a JSON object", page(200, "")),
        ("not a JSON object", page(200, "{}")),
        ("not a JSON object", page(200, "[]")),
        ("max_body_len", page(200, &large)),
        (
            "names issuer \"https://other.example\", and \"https://issuer.example\" is configured",
            metadata("https://other.example", KEYS),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_is_no_metadata_at_one_url_does_not_block_the_next() {
    for (reason, page) in pages_that_are_no_metadata() {
        let mock = Mock::new();
        let site = Site::of(&mock);
        site.publish(OPENID, page.clone());
        site.publish(OAUTH, metadata(ISSUER, KEYS));
        let found = discovering(&site, ISSUER);
        assert!(found.authenticate(&mock.token()).await.is_ok(), "{reason}");
        assert_eq!(site.fetched(), [OPENID, OAUTH, KEYS], "{reason}");

        site.publish(OAUTH, page);
        let error = failed(&discovering(&site, ISSUER)).await;
        assert_eq!(error.matches(reason).count(), 2, "{error}");
        assert!(error.contains(OPENID) && error.contains(OAUTH), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_or_unreachable_server_is_not_asked_again() {
    for (page, reason) in [
        (Page::new(429, ""), "status 429"),
        (Page::new(503, ""), "status 503"),
        (
            Page::unreachable(),
            "could not be reached: connection refused",
        ),
    ] {
        let site = Site::of(&Mock::new());
        site.publish(OPENID, page);
        site.publish(OAUTH, metadata(ISSUER, KEYS));
        let error = failed(&discovering(&site, ISSUER)).await;
        assert!(error.contains(reason), "{error}");
        assert_eq!(site.fetched(), [OPENID]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_metadata_of_an_issuer_with_a_path_is_found_in_all_three_forms() {
    let name = "https://issuer.example/tenants/one";
    let forms = [
        "https://issuer.example/tenants/one/.well-known/openid-configuration",
        "https://issuer.example/.well-known/oauth-authorization-server/tenants/one",
        "https://issuer.example/.well-known/openid-configuration/tenants/one",
    ];
    for (index, form) in forms.iter().enumerate() {
        let mock = Mock::new();
        let site = Site::of(&mock);
        site.publish(form, metadata(name, KEYS));
        assert!(discovering(&site, name).prefetch().await.is_ok(), "{form}");
        assert_eq!(site.fetched()[..=index], forms[..=index]);
        assert_eq!(site.fetched().len(), index + 2);
    }
}

/// The metadata that names the issuer is the issuer's, so what is wrong in it is an error.
#[tokio::test(start_paused = true)]
async fn an_invalid_jwks_uri_of_the_issuer_is_an_error_and_not_a_reason_to_look_elsewhere() {
    let site = Site::of(&Mock::new());
    site.publish(OPENID, metadata(ISSUER, "http://issuer.example/keys"));
    site.publish(OAUTH, metadata(ISSUER, KEYS));
    let error = failed(&discovering(&site, ISSUER)).await;
    assert!(error.contains("names an invalid jwks_uri"), "{error}");
    assert_eq!(site.fetched(), [OPENID]);
}

#[tokio::test(start_paused = true)]
async fn an_error_names_the_configured_issuer_and_the_one_of_the_metadata() {
    let site = Site::of(&Mock::new());
    site.publish(OPENID, metadata("https://issuer.example/", KEYS));
    let error = failed(&discovering(&site, ISSUER)).await;
    let expected = "the issuer's metadata names issuer \"https://issuer.example/\", and \
                    \"https://issuer.example\" is configured, which differs by a trailing slash";
    assert!(error.contains(expected), "{error}");
}

/// Metadata is text from outside.
#[tokio::test(start_paused = true)]
async fn the_name_in_an_error_is_escaped_and_cut() {
    let site = Site::of(&Mock::new());
    let hostile = format!("x\n\u{1b}[31m\"{}", "y".repeat(5000));
    site.publish(OPENID, metadata(&hostile, KEYS));
    let authenticator = discovering(&site, ISSUER);
    let debug = format!("{:?}", authenticator.prefetch().await.unwrap_err());
    assert!(debug.len() < 1000, "{debug}");
    let error = failed(&discovering(&site, ISSUER)).await;
    assert!(error.contains(r#""x\n\u{1b}[31m\"yyy"#), "{error}");
    assert!(
        !error.contains(char::is_control) && error.len() < 600,
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn metadata_may_start_with_a_byte_order_mark() {
    let mock = Mock::new();
    let site = Site::of(&mock);
    let document = json!({"issuer": ISSUER, "jwks_uri": KEYS});
    site.publish(OPENID, Page::ok(format!("\u{feff}{document}")));
    assert!(discovering(&site, ISSUER).prefetch().await.is_ok());
    site.publish(OPENID, Page::ok(format!("\u{feff}\u{feff}{document}")));
    assert!(discovering(&site, ISSUER).prefetch().await.is_err());
}

// Azure AD B2C: the tenant's name in the URL, and its id in tokens and metadata.
#[tokio::test(start_paused = true)]
async fn metadata_at_another_url_must_still_name_the_issuer() {
    let url = "https://login.example/contoso/b2c_1_signin/v2.0/.well-known/openid-configuration";
    let keys = "https://login.example/contoso/b2c_1_signin/discovery/v2.0/keys";
    let mock = Mock::new();
    let site = Site::of(&mock);
    site.publish(url, metadata(ISSUER, keys));
    let configured = |name: &str| {
        let issuer = Issuer::discovery(name, AUDIENCE).metadata_url(url);
        authenticator(issuer.http_client(site.client()))
    };
    assert!(configured(ISSUER).authenticate(&mock.token()).await.is_ok());
    assert_eq!(site.fetched(), [url, keys]);
    let error = failed(&configured(
        "https://login.example/contoso/b2c_1_signin/v2.0",
    ))
    .await;
    assert!(error.contains("is configured"), "{error}");
    assert_eq!(site.fetched().len(), 3, "only at the configured URL");
}

// `?appid=` of Microsoft Entra ID: without it, the metadata leads to other keys.
#[tokio::test(start_paused = true)]
async fn the_query_of_a_metadata_url_is_sent_and_not_shown() {
    let url = "https://login.example/metadata?appid=hunter2";
    let mock = Mock::new();
    let site = Site::of(&mock);
    let issuer = || {
        Issuer::discovery(ISSUER, AUDIENCE)
            .metadata_url(url)
            .http_client(site.client())
    };
    let error = failed(&authenticator(issuer())).await;
    assert!(
        error.contains("\"https://login.example/metadata\""),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
    site.publish(
        url,
        metadata(ISSUER, "https://login.example/keys?appid=hunter2"),
    );
    assert!(authenticator(issuer()).prefetch().await.is_ok());
    assert_eq!(
        site.fetched()[1..],
        [url, "https://login.example/keys?appid=hunter2"]
    );
}

// AD FS: the issuer of access tokens is another one, and no `https` URL.
#[tokio::test(start_paused = true)]
async fn metadata_at_a_configured_url_may_name_the_issuer_of_access_tokens() {
    let name = "http://adfs.example/adfs/services/trust";
    let url = "https://adfs.example/adfs/.well-known/openid-configuration";
    let document = |issuer: &str| {
        let members = json!({
            "issuer": "https://adfs.example/adfs", "access_token_issuer": issuer,
            "jwks_uri": "https://adfs.example/adfs/discovery/keys",
        });
        Page::ok(members.to_string())
    };
    let site = Site::of(&Mock::new());
    let configured = || {
        let issuer = Issuer::discovery(name, AUDIENCE).metadata_url(url);
        authenticator(issuer.http_client(site.client()))
    };
    site.publish(url, document(name));
    assert!(configured().prefetch().await.is_ok());
    site.publish(url, document("http://other.example/trust"));
    assert!(configured().prefetch().await.is_err());

    let derived = "https://issuer.example";
    site.publish(OPENID, document(derived));
    assert!(discovering(&site, derived).prefetch().await.is_err());
}

#[test]
fn a_metadata_url_is_checked_when_the_layer_is_built() {
    let kind = |issuer: Issuer| {
        let built = Authenticator::builder(issuer).build_authenticator();
        built.err().map(|error| error.kind())
    };
    let discovery = |url| Issuer::discovery(ISSUER, AUDIENCE).metadata_url(url);
    for (url, expected) in [
        ("https://x.example/m?a=b", None),
        ("http://localhost/m", None),
        ("http://x.example/m", Some(ConfigErrorKind::InsecureUrl)),
        ("https://u:p@x.example/m", Some(ConfigErrorKind::InvalidUrl)),
        ("/m", Some(ConfigErrorKind::InvalidUrl)),
        ("", Some(ConfigErrorKind::InvalidUrl)),
    ] {
        assert_eq!(kind(discovery(url)), expected, "{url}");
    }
    let jwks = Issuer::jwks(ISSUER, "https://issuer.example/keys", AUDIENCE);
    assert_eq!(
        kind(jwks.metadata_url("https://x.example/m")),
        Some(ConfigErrorKind::InvalidSetting)
    );
}

/// A snapshot of one URL's keys is not one of another's.
#[tokio::test(start_paused = true)]
async fn two_metadata_urls_of_an_issuer_have_two_snapshot_files() {
    let folder = Folder::new();
    let site = Site::of(&Mock::new());
    let (one, two) = ("https://x.example/m?app=1", "https://x.example/m?app=2");
    site.publish(one, metadata(ISSUER, "https://x.example/keys"));
    let configured = |url: &str| {
        let issuer = Issuer::discovery(ISSUER, AUDIENCE)
            .metadata_url(url)
            .jwks_cache(JwksCacheSettings::default().snapshot_dir(folder.path()))
            .http_client(site.client());
        authenticator(issuer)
    };
    configured(one).prefetch().await.unwrap();
    let file = folder.written().await;
    assert!(!std::fs::read_to_string(file).unwrap().contains("app=1"));
    let restored = |url: &str| configured(url).health().remove(0).keys.len();
    assert_eq!((restored(one), restored(two)), (1, 0));
}
