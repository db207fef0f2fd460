//! Requests that are authenticated outside of tower.

use std::time::Duration;

use http::Request;
use serde_json::json;
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{
    Authenticator, CheckOutcome, ClientCertificate, ClientCertificates, Error, ErrorKind,
    RequestParts, TokenSource,
};

use crate::support::dpop::{
    bound, bound_by, builder_with, client, dpop, other_client, post, post_with, presented, proof,
    proof_by, required, valid, with_nonces,
};
use crate::support::{NOW, at, block_on, builder, token};

fn authenticate(authenticator: &Authenticator, request: &Request<()>) -> Result<(), Error> {
    let parts = RequestParts::from(request);
    block_on(authenticator.authenticate_request(&parts)).map(|_| ())
}

fn kind(authenticator: &Authenticator, request: &Request<()>) -> Option<ErrorKind> {
    let outcome = authenticate(authenticator, request);
    outcome.err().map(|error| error.kind())
}

#[test]
fn a_request_with_a_proof_is_authenticated_as_by_the_layer() {
    let authenticator = builder_with(dpop()).build_authenticator().unwrap();
    let request = valid();
    let parts = RequestParts::from(&request);
    let authenticated = block_on(authenticator.authenticate_request(&parts)).unwrap();
    let thumbprint = client().thumbprint();
    let confirmation = authenticated.claims().confirmation();
    assert_eq!(confirmation.key_thumbprint(), Some(&*thumbprint));
    assert_eq!(authenticated.dpop_nonce(), None);
    assert!(!format!("{authenticated:?}").contains("alice"));
    assert_eq!(
        kind(&authenticator, &request),
        Some(ErrorKind::InvalidDpopProof),
        "used"
    );
}

#[test]
fn the_rejections_are_those_of_the_layer() {
    let authenticator = builder_with(dpop()).build_authenticator().unwrap();
    let token = bound();
    let bearer = |token: &str| post_with(&[("authorization", &format!("Bearer {token}"))]);
    let unbound = crate::support::token().sign();
    let mut twice = valid();
    twice
        .headers_mut()
        .append("authorization", "Bearer x".parse().unwrap());
    let joined = post_with(&[("authorization", &format!("Bearer {unbound}, DPoP {token}"))]);
    for (request, expected) in [
        (post(), Some(ErrorKind::MissingToken)),
        (bearer(&unbound), None),
        (bearer(&token), Some(ErrorKind::UnprovenBinding)),
        (presented(&unbound, "x"), Some(ErrorKind::UnboundToken)),
        (presented(&token, "x"), Some(ErrorKind::InvalidDpopProof)),
        (twice, Some(ErrorKind::InvalidRequest)),
        (joined, Some(ErrorKind::InvalidRequest)),
        (
            presented(&token, &proof_by(other_client(), &token).sign()),
            Some(ErrorKind::UnprovenBinding),
        ),
    ] {
        assert_eq!(
            kind(&authenticator, &request),
            expected,
            "{:?}",
            request.headers()
        );
    }
    let required = builder_with(required()).build_authenticator().unwrap();
    assert_eq!(
        kind(&required, &bearer(&unbound)),
        Some(ErrorKind::UnboundToken)
    );
}

#[test]
fn the_nonce_for_the_response_is_returned() {
    let clock = TestClock::new(at(NOW));
    let settings = builder_with(with_nonces()).clock(clock.clone());
    let authenticator = settings.build_authenticator().unwrap();
    let request = valid();
    let error = authenticate(&authenticator, &request).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UseDpopNonce);
    let nonce = error.dpop_nonce().unwrap().to_owned();
    clock.advance(Duration::from_secs(200));
    let token = bound();
    let request = presented(&token, &proof(&token).claim("nonce", &nonce).sign());
    let parts = RequestParts::from(&request);
    let authenticated = block_on(authenticator.authenticate_request(&parts)).unwrap();
    let newer = authenticated.dpop_nonce().expect("a newer one");
    assert_ne!(newer, &*nonce);
}

#[test]
fn the_certificate_of_the_request_counts_and_the_sources_are_the_configured_ones() {
    let authenticator = builder()
        .token_sources([TokenSource::cookie("session").unwrap()])
        .mtls(ClientCertificates::from_connection())
        .build_authenticator()
        .unwrap();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"alice");
    let token = bound_by(json!({"x5t#S256": crate::support::encode(hash)}));
    let mut request = post_with(&[("cookie", &format!("session={token}"))]);
    assert_eq!(
        kind(&authenticator, &request),
        Some(ErrorKind::UnprovenBinding)
    );
    request
        .extensions_mut()
        .insert(ClientCertificate::from_der(b"alice"));
    assert_eq!(kind(&authenticator, &request), None);
}

#[test]
fn checks_see_the_request_and_what_they_add_is_returned() {
    let authenticator = builder_with(dpop())
        .check_fn(|claims, context| {
            // The binding is proven before.
            assert!(!claims.confirmation().is_none());
            let path = context
                .request()
                .map(|request| request.uri().path().to_owned());
            CheckOutcome::pending_with(async move { Ok(path) })
        })
        .build_authenticator()
        .unwrap();
    let request = valid();
    let parts = RequestParts::from(&request);
    let authenticated = block_on(authenticator.authenticate_request(&parts)).unwrap();
    let path: &Option<String> = authenticated.extensions().get().unwrap();
    assert_eq!(path.as_deref(), Some("/orders"));
    assert_eq!(authenticated.into_claims().issuer(), crate::support::ISSUER);
}

#[test]
fn a_diagnosis_says_whether_the_layer_can_check_the_binding() {
    let diagnose = |authenticator: &Authenticator, token: &str| {
        let diagnosis = block_on(authenticator.diagnose(token));
        diagnosis.error().map(Error::kind)
    };
    let with_dpop = builder_with(dpop()).build_authenticator().unwrap();
    let without = builder().build_authenticator().unwrap();
    let required = builder_with(required()).build_authenticator().unwrap();
    let (bound, unbound) = (bound(), token().sign());
    let unknown = bound_by(json!({"kid": "1"}));
    assert_eq!(
        diagnose(&with_dpop, &bound),
        None,
        "a request must prove it"
    );
    assert_eq!(diagnose(&without, &bound), Some(ErrorKind::UnprovenBinding));
    assert_eq!(
        diagnose(&with_dpop, &unknown),
        Some(ErrorKind::UnprovenBinding)
    );
    assert_eq!(diagnose(&required, &unbound), Some(ErrorKind::UnboundToken));
    assert_eq!(diagnose(&required, &bound), None);
}
