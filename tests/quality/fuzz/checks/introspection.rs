//! Answers of an introspection endpoint.
//!
//! Input: the body of a response with status 200.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::runtime::Builder;
use tower::service_fn;
use tower_jwt_auth::{
    Authenticator, Claims, Error, ErrorKind, HttpClient, IntrospectionCredentials, Issuer,
};

use super::reading::Members;
use super::world::{AUDIENCE, ISSUER, LEEWAY, NOW, clock};

const URL: &str = "https://issuer.example/introspect";

pub fn check(answer: &[u8]) {
    let outcome = authenticate(answer);
    let members = Members::read(answer).filter(|members| members.is_sound(answer));
    let kind = outcome.as_ref().err().map(Error::kind);
    let Some(members) = members else {
        assert_eq!(kind, Some(ErrorKind::IntrospectionUnavailable));
        return;
    };
    if members.raw("active") != Some("true") {
        assert_eq!(kind, Some(ErrorKind::Inactive));
        return;
    }
    match outcome {
        Ok(claims) => assert_accepted(&claims, &members, answer),
        Err(error) => {
            let is_of_answer = [ErrorKind::IntrospectionUnavailable, ErrorKind::Inactive];
            assert!(!is_of_answer.contains(&error.kind()), "{error}");
        }
    }
}

/// Asserts that an accepted answer is one for this service, from this issuer, and not expired.
fn assert_accepted(claims: &Claims, members: &Members, answer: &[u8]) {
    assert_eq!(claims.json().as_bytes(), answer);
    assert_eq!(claims.issuer(), ISSUER);
    let iss = members.string("iss");
    assert!(members.raw("iss").is_none() || iss.as_deref() == Some(ISSUER));
    let aud = members.strings("aud").unwrap();
    assert!(aud.iter().any(|aud| aud == AUDIENCE));
    let (now, leeway) = (u32::try_from(NOW).unwrap(), u32::try_from(LEEWAY).unwrap());
    assert!(members.number("exp").unwrap() + f64::from(leeway) > f64::from(now));
    for start in ["nbf", "iat"] {
        let latest = f64::from(now) + f64::from(leeway);
        assert!(members.raw(start).is_none() || members.number(start).unwrap() <= latest);
    }
    assert!(members.raw("cnf").is_none(), "it is bound");
    assert_eq!(claims.algorithm(), None);
}

fn authenticate(answer: &[u8]) -> Result<Claims, Error> {
    let answer = Bytes::copy_from_slice(answer);
    let client = HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| {
        let response = Response::new(Full::<Bytes>::from(answer.clone()));
        async { Ok::<_, Infallible>(response) }
    }));
    let credentials = IntrospectionCredentials::none();
    let issuer = Issuer::introspection(ISSUER, URL, credentials, AUDIENCE).http_client(client);
    let builder = Authenticator::builder(issuer).clock(clock());
    let authenticator = builder.build_authenticator().unwrap();
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime
        .unwrap()
        .block_on(authenticator.authenticate("opaque"))
}
