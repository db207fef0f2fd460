//! AWS load balancers. Shapes: "Authenticate users using an Application Load Balancer" (user claims
//! encoding and signature verification), and issue 109 of awslabs/aws-jwt-verify (a token).

#[path = "../../../examples/aws_load_balancer/keys.rs"]
mod keys;

mod fetching;
mod region;

use std::time::SystemTime;

use http::HeaderName;
use serde_json::{Value, json};
use tower_jwt_auth::{
    Algorithm, Audience, ConfigError, ErrorKind, Issuer, JwtAuthLayer, KeySource, TokenSource,
};

use self::region::Region;
use crate::guide::Guide;
use crate::log;
use crate::support::tokio;
use crate::support::{ask, request};

const HEADER: &str = "x-amzn-oidc-data";
const ID: &str = "abb8289f-e3a4-4a34-9472-c2105e2b2482";
const HOST: &str = "https://public-keys.auth.elb.eu-central-1.amazonaws.com";

fn auth(keys: impl KeySource) -> Result<JwtAuthLayer, ConfigError> {
    let balancer = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:\
        loadbalancer/app/shop/6284be65b827c598";
    let audience = Audience::header_parameter("signer", [balancer]);
    let pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example";
    let issuer = Issuer::from_key_source(pool, keys, audience).algorithms([Algorithm::ES256]);
    let data = TokenSource::header(HeaderName::from_static("x-amzn-oidc-data"));
    JwtAuthLayer::builder(issuer)
        .allow_padding()
        .token_sources([data])
        .build()
}

fn guide() -> Guide {
    Guide::parse(include_str!("../../../docs/providers/aws_load_balancer.md"))
}

/// Returns header and payload of the guide's token, which is valid for two minutes.
fn token() -> [Value; 2] {
    let guide = guide();
    let blocks = guide.blocks("json");
    let parts: Vec<Value> = blocks
        .map(|block| serde_json::from_str(&block.text()).unwrap())
        .collect();
    let mut parts: [Value; 2] = parts.try_into().unwrap();
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    for part in &mut parts {
        part["exp"] = json!(now + 120);
    }
    parts
}

fn with_header(name: &str, value: impl Into<Value>) -> [Value; 2] {
    let mut token = token();
    token[0][name] = value.into();
    token
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let region = Region::new();
    let layer = region.layer();
    for _ in 0..3 {
        let answer = region.ask(&layer, &token()).await;
        let claims = answer.accepted();
        assert_eq!(claims.get("email").unwrap(), "alice@example.com");
    }
    assert_eq!(region.fetched(), [format!("{HOST}/{ID}")]);
    let signed = region.sign(&token());
    assert!(signed.ends_with("=="), "the signature is padded");
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let region = Region::new();
    let layer = region.layer();
    let mut other_pool = token();
    other_pool[1]["iss"] = json!("https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_X");
    let mut unsigned = token();
    unsigned[0].as_object_mut().unwrap().remove("signer");
    // The access token of the user, which the load balancer adds, too.
    let mut access_token = token();
    access_token[0] = json!({"alg": "RS256", "kid": "kid+of+the+pool="});
    for (token, kind) in [
        (other_pool, ErrorKind::UnknownIssuer),
        (unsigned, ErrorKind::MissingClaim),
        (access_token, ErrorKind::AlgorithmNotAllowed),
    ] {
        region.ask(&layer, &token).await.invalid_token(kind);
    }
    let other_key = Region::new().sign(&token());
    let answer = ask(&layer, request(&[(HEADER, &other_key)])).await;
    answer.invalid_token(ErrorKind::InvalidSignature);
}

#[tokio::test(start_paused = true)]
async fn another_load_balancer_is_rejected_and_named_in_the_log() {
    let region = Region::new();
    let layer = region.layer();
    let prefix = "arn:aws:elasticloadbalancing:eu-central-1:";
    for signer in [
        "123456789012:loadbalancer/app/shop/50dc6c495c0c9188",
        "210987654321:loadbalancer/app/shop/6284be65b827c598",
    ] {
        let token = with_header("signer", format!("{prefix}{signer}"));
        log::capture();
        let answer = region.ask(&layer, &token).await;
        answer.invalid_token(ErrorKind::WrongAudience);
        assert!(log::text().contains(signer), "{}", log::text());
    }
    let replaced = format!("{prefix}123456789012:loadbalancer/app/shop/50dc6c495c0c9188");
    log::capture();
    region.ask(&layer, &with_header("signer", replaced)).await;
    let log = log::text();
    for line in guide().log_lines(0) {
        assert!(log.contains(line.trim()), "{line:?} is not in {log}");
    }
}
