//! AWS load balancers. Shapes: "Authenticate users using an Application Load Balancer" (user claims
//! encoding and signature verification), and issue 109 of awslabs/aws-jwt-verify (a token).

#[path = "../../../examples/aws_load_balancer/keys.rs"]
mod keys;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tower::service_fn;
use tower_jwt_auth::{
    Algorithm, Audience, ConfigError, ErrorKind, HttpClient, Issuer, JwtAuthLayer, KeySource,
    TokenSource,
};

use self::keys::LoadBalancerKeys;
use crate::guide::Guide;
use crate::log;
use crate::support::tokio;
use crate::support::{Answer, ask, request};

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

/// The keys of a region, as their host serves them.
#[derive(Clone)]
struct Region {
    key: Arc<EcdsaKeyPair>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The ids under which the key is served.
    ids: Vec<String>,
    status: Option<StatusCode>,
    fetched: Vec<String>,
}

impl Region {
    fn new() -> Self {
        let state = State {
            ids: vec![ID.to_owned()],
            ..State::default()
        };
        Self {
            key: Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn pem(&self) -> String {
        let der = self.key.public_key().as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        let (first, rest) = text.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{rest}\n-----END PUBLIC KEY-----\n\n")
    }

    fn respond(&self, url: &str) -> Response<Full<Bytes>> {
        let mut state = self.state.lock().unwrap();
        state.fetched.push(url.to_owned());
        let known = state.ids.iter().any(|id| url == format!("{HOST}/{id}"));
        let status = match state.status {
            Some(status) => status,
            None if known => StatusCode::OK,
            None => StatusCode::NOT_FOUND,
        };
        let body = if known { self.pem() } else { String::new() };
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = status;
        response
    }

    fn client(&self) -> HttpClient {
        let region = self.clone();
        HttpClient::new(service_fn(move |request: Request<Full<Bytes>>| {
            let response = region.respond(&request.uri().to_string());
            async { Ok::<_, std::io::Error>(response) }
        }))
    }

    fn layer(&self) -> JwtAuthLayer {
        auth(LoadBalancerKeys::new("eu-central-1", self.client()).unwrap()).unwrap()
    }

    fn fetched(&self) -> Vec<String> {
        self.state.lock().unwrap().fetched.clone()
    }

    /// Signs a token as the load balancer does: with the padding of each part.
    fn sign(&self, [header, payload]: &[Value; 2]) -> String {
        let [header, payload] = [header, payload].map(|part| URL_SAFE.encode(part.to_string()));
        let message = format!("{header}.{payload}");
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes());
        format!("{message}.{}", URL_SAFE.encode(signature.unwrap().as_ref()))
    }

    async fn ask(&self, layer: &JwtAuthLayer, token: &[Value; 2]) -> Answer {
        ask(layer, request(&[(HEADER, &self.sign(token))])).await
    }
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

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_for_a_key_id_that_is_not_a_uuid() {
    let region = Region::new();
    let layer = region.layer();
    let upper = ID.to_uppercase();
    for id in [
        "",
        "../abb8289f-e3a4-4a34-9472-c2105e2b2482",
        "abb8289f-e3a4-4a34-9472-c2105e2b2482?x=1",
        "abb8289fe3a44a349472c2105e2b2482",
        "abb8289f-e3a4-4a34-9472-c2105e2b248g",
        "https://attacker.example/abb8289f-e3a4-4",
        "abb8289f--e3a4-4a34-9472c2105e2b2482",
        &upper,
    ] {
        let answer = region.ask(&layer, &with_header("kid", id)).await;
        answer.named(id).invalid_token(ErrorKind::UnknownKey);
    }
    let mut without = token();
    without[0].as_object_mut().unwrap().remove("kid");
    let answer = region.ask(&layer, &without).await;
    answer.invalid_token(ErrorKind::UnknownKey);
    assert_eq!(region.fetched(), [""; 0]);
}

fn made_up(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

#[tokio::test(start_paused = true)]
async fn made_up_key_ids_cause_a_limited_number_of_fetches() {
    let region = Region::new();
    let layer = region.layer();
    region.ask(&layer, &token()).await.accepted();
    for number in 0..50 {
        let answer = region
            .ask(&layer, &with_header("kid", made_up(number)))
            .await;
        answer.invalid_token(ErrorKind::UnknownKey);
    }
    assert_eq!(region.fetched().len(), 8);
    region.ask(&layer, &token()).await.accepted();
    tokio::time::advance(Duration::from_secs(60)).await;
    let answer = region.ask(&layer, &with_header("kid", made_up(50))).await;
    answer.invalid_token(ErrorKind::UnknownKey);
    assert_eq!(region.fetched().len(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_bounded_number_of_keys_is_cached() {
    let region = Region::new();
    let layer = region.layer();
    region.state.lock().unwrap().ids = (0..18).map(made_up).collect();
    let numbers = || 0..18_usize;
    for number in numbers() {
        if number % 8 == 0 {
            tokio::time::advance(Duration::from_secs(60)).await;
        }
        let token = with_header("kid", made_up(number));
        region.ask(&layer, &token).await.accepted();
    }
    assert_eq!(region.fetched().len(), 18);
    for number in numbers().skip(2) {
        let token = with_header("kid", made_up(number));
        region.ask(&layer, &token).await.accepted();
    }
    assert_eq!(region.fetched().len(), 18, "16 are cached");
    let oldest = with_header("kid", made_up(0));
    region.ask(&layer, &oldest).await.accepted();
    assert_eq!(region.fetched().len(), 19);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_fetched_anew_after_a_day() {
    let region = Region::new();
    let layer = region.layer();
    region.ask(&layer, &token()).await.accepted();
    tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
    region.state.lock().unwrap().ids.clear();
    let answer = region.ask(&layer, &token()).await;
    answer.invalid_token(ErrorKind::UnknownKey);
    assert_eq!(region.fetched().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failing_host_leads_to_503_also_once_no_more_is_fetched() {
    let region = Region::new();
    let layer = region.layer();
    let unavailable = ErrorKind::KeysUnavailable;
    for status in [503, 302, 500] {
        region.state.lock().unwrap().status = StatusCode::from_u16(status).ok();
        for _ in 0..5 {
            let answer = region.ask(&layer, &token()).await;
            answer.rejected(503, None, unavailable);
        }
    }
    assert_eq!(region.fetched().len(), 8);
    region.state.lock().unwrap().status = None;
    tokio::time::advance(Duration::from_secs(60)).await;
    region.ask(&layer, &token()).await.accepted();
}

#[tokio::test(start_paused = true)]
async fn one_fetch_serves_requests_that_wait_at_the_same_time() {
    let region = Region::new();
    let layer = region.layer();
    let token = token();
    let requests = (0..100).map(|_| region.ask(&layer, &token));
    for answer in futures::future::join_all(requests).await {
        answer.accepted();
    }
    assert_eq!(region.fetched().len(), 1);
}

#[test]
fn a_region_can_not_change_the_host() {
    for region in ["", "eu-central-1.attacker.example/", "EU", "eu/", "a@b"] {
        let keys = LoadBalancerKeys::new(region, Region::new().client());
        let error = keys.err().unwrap().to_string();
        assert!(
            error.starts_with(&format!("region {region:?}: ")),
            "{error}"
        );
    }
}
