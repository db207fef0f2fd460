//! GitHub Actions. Shapes: "OpenID Connect reference" (claims, how a job asks for an audience), the
//! metadata and key set of `token.actions.githubusercontent.com`, and a token of
//! rgl/github-actions-validate-jwt (header).

use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Audience, ConfigError, ErrorKind, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _, jwk_with};
use crate::support::tokio;

const ISSUER: &str = "https://token.actions.githubusercontent.com";

fn auth() -> Result<JwtAuthLayer, ConfigError> {
    let audience = Audience::from("https://deploy.example.com")
        .and_claim("repository_id", ["74"])
        .and_claim("ref", ["refs/heads/main"]);
    let issuer = Issuer::discovery("https://token.actions.githubusercontent.com", audience);
    JwtAuthLayer::builder(issuer).build()
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/github_actions.md"));
    let metadata = json!({
        "issuer": ISSUER,
        "jwks_uri": format!("{ISSUER}/.well-known/jwks"),
        "subject_types_supported": ["public", "pairwise"],
        "response_types_supported": ["id_token"],
        "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "repository"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid"],
    });
    site.publish(
        &format!("{ISSUER}/.well-known/openid-configuration"),
        &metadata,
    );
    let certificate =
        json!({"x5c": ["MIIDKzCCAhOgAwIBAgIU"], "x5t": "ykNaY4qM_ta4k2TgZOCEYLkcYlA"});
    let older = TestKey::generate(Algorithm::RS256);
    let keys = [
        jwk_with(
            &older,
            &json!({"x5c": ["MIIDKzCCAhOgAwIBAgIU"], "x5t": "AAAA"}),
        ),
        jwk_with(&site.key, &certificate),
    ];
    site.publish_keys(&format!("{ISSUER}/.well-known/jwks"), keys);
    site
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let layer = site.layer(auth);
    let claims = site.accepts(&layer, &site.token()).await;
    let subject = "repo:octo-org/octo-repo:ref:refs/heads/main";
    assert_eq!(claims.subject(), Some(subject));
    assert_eq!(claims.get("actor").unwrap(), "octocat");
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = site.layer(auth);
    let enterprise = "https://github.example.com/_services/token";
    // The second to fourth: those that another repository, a pull request and a branch can get.
    for (token, kind) in [
        (
            site.token().claim("aud", "https://billing.example.com"),
            ErrorKind::WrongAudience,
        ),
        (
            site.token().claim("repository_id", "75"),
            ErrorKind::InvalidClaim,
        ),
        (
            site.token().claim("ref", "refs/pull/7/merge"),
            ErrorKind::InvalidClaim,
        ),
        (
            site.token().claim("ref", "refs/heads/feature"),
            ErrorKind::InvalidClaim,
        ),
        (
            site.token().without(&["repository_id"]),
            ErrorKind::MissingClaim,
        ),
        (
            site.token().claim("iss", enterprise),
            ErrorKind::UnknownIssuer,
        ),
    ] {
        site.rejects(&layer, &token, kind).await;
    }
    site.rejects_other_keys(&layer, &site.token()).await;
}

#[tokio::test(start_paused = true)]
async fn without_an_audience_of_the_job_the_log_says_how_to_ask_for_it() {
    let site = site();
    let layer = site.layer(auth);
    let token = site.token().claim("aud", "https://github.com/octo-org");
    site.explains(&layer, &token, ErrorKind::WrongAudience)
        .await;
}
