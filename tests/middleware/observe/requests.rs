//! The outcome of each request, with its reason, scheme and issuer.

use std::future::ready;
use std::sync::Arc;

use futures::FutureExt as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, CheckContext, CheckOutcome, Claims, Error, ErrorClass, Issuer, JwtAuthLayer,
    RequestParts, Tenants,
};

use super::recorder::Recorder;
use crate::support::tokio;
use crate::support::{
    AUDIENCE, Held, ISSUER, ask, bearer, builder, clock, issuer, key_set, request, token, token_of,
};

const OTHER: &str = "https://other.example";

fn two_issuers(recorder: &Recorder) -> JwtAuthLayer {
    let key = crate::support::key(Algorithm::ES384);
    let other = Issuer::from_keys(OTHER, key_set([key]), AUDIENCE);
    let builder = builder().add_issuer(other).add_observer(recorder.clone());
    builder.build().unwrap()
}

fn other_token() -> String {
    let key = crate::support::key(Algorithm::ES384);
    token_of(key).issuer(OTHER).sign()
}

async fn told(recorder: &Recorder, layer: &JwtAuthLayer, token: &str) -> Vec<String> {
    ask(layer, bearer(token)).await;
    recorder.take()
}

#[tokio::test]
async fn an_accepted_token_is_counted_for_its_issuer() {
    let recorder = Recorder::default();
    let layer = two_issuers(&recorder);
    for (token, issuer) in [(token().sign(), ISSUER), (other_token(), OTHER)] {
        assert_eq!(
            told(&recorder, &layer, &token).await,
            [format!("request accepted none bearer {issuer:?}")]
        );
    }
}

#[tokio::test]
async fn a_rejected_token_is_counted_for_the_issuer_that_it_claims_to_be_from() {
    let recorder = Recorder::default();
    let layer = two_issuers(&recorder);
    let forged = TestKey::generate(Algorithm::ES256).with_key_id("ES256");
    let unknown = TestKey::generate(Algorithm::ES256).with_key_id("unknown");
    let cases = [
        (token().expired().sign(), "expired", ISSUER),
        (token_of(&forged).sign(), "invalid_signature", ISSUER),
        (token_of(&unknown).sign(), "unknown_key", ISSUER),
        (token().audience("x").sign(), "wrong_audience", ISSUER),
        (token().claim("aud", 1).sign(), "invalid_claim", ISSUER),
        (
            token_of(&forged).issuer(OTHER).sign(),
            "algorithm_not_allowed",
            OTHER,
        ),
        (
            token().issuer("https://x.example").sign(),
            "unknown_issuer",
            "",
        ),
        ("made.up".to_owned(), "malformed_token", ""),
    ];
    for (token, reason, issuer) in cases {
        assert_eq!(
            told(&recorder, &layer, &token).await,
            [format!("request rejected {reason} bearer {issuer:?}")]
        );
    }
}

#[tokio::test]
async fn a_sole_issuer_is_not_the_issuer_of_a_token_that_names_another() {
    let recorder = Recorder::default();
    let layer = builder().add_observer(recorder.clone()).build().unwrap();
    let unknown = TestKey::generate(Algorithm::ES256).with_key_id("unknown");
    let cases = [
        (token().issuer(OTHER).sign(), "unknown_issuer"),
        (token_of(&unknown).issuer(OTHER).sign(), "unknown_key"),
        (other_token(), "algorithm_not_allowed"),
        ("e30.!.e30".to_owned(), "malformed_token"),
    ];
    for (token, reason) in cases {
        assert_eq!(
            told(&recorder, &layer, &token).await,
            [format!(r#"request rejected {reason} bearer """#)]
        );
    }
    // The claims of this one are not read.
    assert_eq!(
        told(&recorder, &layer, &token_of(&unknown).sign()).await,
        [r#"request rejected unknown_key bearer """#]
    );
    let forged = TestKey::generate(Algorithm::ES256).with_key_id("ES256");
    let forged = token_of(&forged).sign();
    assert_eq!(
        told(&recorder, &layer, &forged).await,
        [format!(
            "request rejected invalid_signature bearer {ISSUER:?}"
        )]
    );
}

#[tokio::test]
async fn the_policy_rejects_tokens_of_an_issuer_that_is_known() {
    let recorder = Recorder::default();
    let text = "not today";
    let own = Error::custom(ErrorClass::Forbidden, "own_kind", text).unwrap();
    let of_own_kind = builder()
        .check(move |_: &Claims, _: &CheckContext<'_>| {
            CheckOutcome::pending(ready(Err(own.clone())))
        })
        .add_observer(recorder.clone());
    let scopes = builder()
        .require_scopes(["read"])
        .add_observer(recorder.clone());
    for (layer, reason) in [(scopes, "insufficient_scope"), (of_own_kind, "custom")] {
        let layer = layer.build().unwrap();
        assert_eq!(
            told(&recorder, &layer, &token().sign()).await,
            [format!("request rejected {reason} bearer {ISSUER:?}")]
        );
    }
}

#[tokio::test]
async fn requests_without_a_token_have_neither_scheme_nor_issuer() {
    let recorder = Recorder::default();
    let skips = |parts: &RequestParts<'_>| parts.headers().contains_key("x-skip");
    let required = builder().skip(skips).add_observer(recorder.clone());
    let optional = builder().optional().add_observer(recorder.clone());
    let (required, optional) = (required.build().unwrap(), optional.build().unwrap());
    ask(&required, request(&[])).await;
    ask(&required, request(&[("x-skip", "1")])).await;
    ask(&optional, request(&[])).await;
    let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
    let mut twice = {
        let mut request = request(&[twice[0]]);
        let second = twice[1].1.parse().unwrap();
        request.headers_mut().append("authorization", second);
        request
    };
    twice.extensions_mut().clear();
    ask(&required, twice).await;
    assert_eq!(
        recorder.take(),
        [
            r#"request rejected missing_token none """#,
            r#"request passed none none """#,
            r#"request passed none none """#,
            r#"request rejected invalid_request none """#,
        ]
    );
}

#[tokio::test]
async fn a_tenant_is_counted_for_the_pattern() {
    let recorder = Recorder::default();
    let pattern = "https://login.example/{tenant}/v2";
    let name = |tenant| pattern.replace("{tenant}", tenant);
    let issuer = Issuer::from_keys(pattern, key_set([crate::support::default_key()]), AUDIENCE);
    let issuer = issuer.tenants(Tenants::only(["a", "b"]));
    let layer = JwtAuthLayer::builder(issuer).clock(clock());
    let layer = layer.add_observer(recorder.clone()).build().unwrap();
    for tenant in ["a", "b"] {
        let token = token().issuer(name(tenant));
        assert_eq!(
            told(&recorder, &layer, &token.sign()).await,
            [format!("request accepted none bearer {pattern:?}")]
        );
        assert_eq!(
            told(&recorder, &layer, &token.expired().sign()).await,
            [format!("request rejected expired bearer {pattern:?}")]
        );
    }
    let made_up = token().issuer(name("c")).sign();
    assert_eq!(
        told(&recorder, &layer, &made_up).await,
        [r#"request rejected unknown_issuer bearer """#]
    );
}

#[tokio::test]
async fn issuers_that_are_added_at_run_time_are_named() {
    let recorder = Recorder::default();
    let layer = builder().add_observer(recorder.clone()).build().unwrap();
    let key = crate::support::key(Algorithm::ES384);
    let other = || Issuer::from_keys(OTHER, key_set([key]), AUDIENCE);
    layer.issuers().add(other()).unwrap();
    let accepted = format!("request accepted none bearer {OTHER:?}");
    assert_eq!(told(&recorder, &layer, &other_token()).await, [&*accepted]);
    layer.issuers().replace(other()).unwrap();
    assert_eq!(told(&recorder, &layer, &other_token()).await, [accepted]);
    assert!(
        recorder.take().is_empty(),
        "one that is replaced is not removed"
    );
    assert!(layer.issuers().remove(OTHER));
    assert_eq!(recorder.take(), [format!("removed {OTHER}")]);
    assert_eq!(
        told(&recorder, &layer, &other_token()).await,
        [r#"request rejected algorithm_not_allowed bearer """#]
    );
}

#[tokio::test]
async fn an_authenticator_counts_what_it_is_asked() {
    let recorder = Recorder::default();
    let builder = builder().add_observer(recorder.clone());
    let authenticator = builder.build_authenticator().unwrap();
    let valid = token().sign();
    authenticator.authenticate(&valid).await.unwrap();
    let request = bearer(&token().expired().sign());
    let parts = RequestParts::from(&request);
    authenticator
        .authenticate_request(&parts)
        .await
        .unwrap_err();
    let request = crate::support::request(&[]);
    let parts = RequestParts::from(&request);
    authenticator
        .authenticate_request(&parts)
        .await
        .unwrap_err();
    assert_eq!(
        recorder.take(),
        [
            format!("request accepted none bearer {ISSUER:?}"),
            format!("request rejected expired bearer {ISSUER:?}"),
            r#"request rejected missing_token none """#.to_owned(),
        ]
    );
}

#[tokio::test]
async fn each_of_several_observers_is_told() {
    let recorders = [Recorder::default(), Recorder::default()];
    let [one, two] = recorders.clone();
    let builder = JwtAuthLayer::builder(issuer()).clock(clock());
    let builder = builder.add_observer(one).add_observer(Arc::new(two));
    let layer = builder.build().unwrap();
    ask(&layer, bearer(&token().sign())).await;
    for recorder in recorders {
        assert_eq!(recorder.take().len(), 1);
    }
}

#[tokio::test]
async fn a_request_that_is_cancelled_while_it_waits_is_not_counted() {
    let (recorder, held) = (Recorder::default(), Held::new());
    let issuer = Issuer::from_key_source(ISSUER, held.clone(), AUDIENCE);
    let builder = JwtAuthLayer::builder(issuer).clock(clock());
    let layer = builder.add_observer(recorder.clone()).build().unwrap();
    let token = token().sign();
    let mut waiting = Box::pin(ask(&layer, bearer(&token)));
    assert!((&mut waiting).now_or_never().is_none());
    drop(waiting);
    assert!(recorder.take().is_empty());
    held.release();
    ask(&layer, bearer(&token)).await;
    assert_eq!(recorder.take_only("request").len(), 1);
}
