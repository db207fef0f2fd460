//! Several issuers, and the rule that says which of them must be able to verify tokens.

use std::time::Duration;

use tokio::time::sleep;
use tower_jwt_auth::{
    Authenticator, HttpClient, Issuer, IssuerState, Readiness, ReadinessStatus, ReadyWhen, Tenants,
};

use super::{Kind, kinds, readiness, states};
use crate::cache::mock::{AUDIENCE, Answer, Mock, minutes};
use crate::support::tokio;

const ONE: &str = "https://one.example";
const TWO: &str = "https://two.example";

fn issuer(name: &str, client: HttpClient) -> Issuer {
    Issuer::jwks(name, format!("{name}/jwks"), AUDIENCE).http_client(client)
}

/// Two issuers, each with a mock of its own.
fn two() -> (Mock, Mock, Authenticator) {
    let (one, two) = (Mock::new(), Mock::new());
    one.header("cache-control", "max-age=600");
    two.header("cache-control", "max-age=600");
    let authenticator = Authenticator::builder(issuer(ONE, one.client()))
        .add_issuer(issuer(TWO, two.client()))
        .build_authenticator()
        .unwrap();
    (one, two, authenticator)
}

fn all(authenticator: &Authenticator) -> Readiness {
    authenticator.readiness(&ReadyWhen::AllIssuers)
}

#[tokio::test(start_paused = true)]
async fn one_of_two_issuers_down_is_degraded_and_not_ready_only_if_all_are_required() {
    let (one, _, authenticator) = two();
    one.answer(Answer::Unreachable);
    assert!(authenticator.prefetch().await.is_err());
    let any = readiness(&authenticator);
    assert_eq!(any.status, ReadinessStatus::Degraded);
    assert_eq!(kinds(&any), [Kind::KeysAbsent]);
    assert_eq!(any.reasons[0].issuer.as_deref(), Some(ONE));
    // The worst one is listed first.
    assert_eq!(states(&any), [IssuerState::Absent, IssuerState::Fresh]);
    assert_eq!(all(&authenticator).status, ReadinessStatus::NotReady);
    for (name, status) in [
        (ONE, ReadinessStatus::NotReady),
        (TWO, ReadinessStatus::Degraded),
    ] {
        let named = authenticator.readiness(&ReadyWhen::issuers([name]));
        assert_eq!(named.status, status, "{name}");
    }
    let none = authenticator.readiness(&ReadyWhen::Issuers(Vec::new()));
    assert_eq!(none.status, ReadinessStatus::Degraded);
    one.answer(Answer::Keys);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(all(&authenticator).status, ReadinessStatus::Ready);
}

#[tokio::test(start_paused = true)]
async fn only_the_issuers_that_count_are_fetched_for_a_probe() {
    let (one, two, authenticator) = two();
    assert!(
        !authenticator
            .readiness(&ReadyWhen::issuers([TWO]))
            .is_ready()
    );
    minutes(1).await;
    assert_eq!((one.fetches(), two.fetches()), (0, 1));
    let named = authenticator.readiness(&ReadyWhen::issuers([TWO]));
    assert_eq!(
        (named.status, kinds(&named)),
        (ReadinessStatus::Degraded, vec![Kind::KeysAbsent])
    );
}

#[tokio::test(start_paused = true)]
async fn a_named_issuer_that_is_not_configured_is_not_ready() {
    let (_, _, authenticator) = two();
    authenticator.prefetch().await.unwrap();
    let rule = ReadyWhen::issuers([ONE, "https://three.example"]);
    let readiness = authenticator.readiness(&rule);
    assert_eq!(readiness.status, ReadinessStatus::NotReady);
    assert_eq!(kinds(&readiness), [Kind::UnknownIssuer]);
    let name = readiness.reasons[0].issuer.as_deref();
    assert_eq!(name, Some("https://three.example"));
}

#[tokio::test(start_paused = true)]
async fn issuers_that_are_added_and_removed_count_at_once() {
    let (one, _, authenticator) = two();
    one.answer(Answer::Unreachable);
    let _ = authenticator.prefetch().await;
    assert!(!all(&authenticator).is_ready());
    assert!(authenticator.issuers().remove(ONE));
    assert_eq!(all(&authenticator).status, ReadinessStatus::Ready);
    assert!(authenticator.issuers().remove(TWO));
    // Every token is rejected with 401, which is an answer.
    let empty = all(&authenticator);
    assert_eq!(
        (empty.status, kinds(&empty)),
        (ReadinessStatus::Degraded, vec![Kind::NoIssuer])
    );
}

#[tokio::test(start_paused = true)]
async fn keys_by_tenant_are_fetched_by_tokens_and_never_make_it_not_ready() {
    let mock = Mock::new();
    let pattern = "https://login.example/{tenant}";
    let tenants = issuer(pattern, mock.client()).tenants(Tenants::only(["one", "two"]));
    let authenticator = Authenticator::builder(tenants)
        .build_authenticator()
        .unwrap();
    let readiness = all(&authenticator);
    assert_eq!(readiness.status, ReadinessStatus::Ready);
    assert_eq!(states(&readiness), [IssuerState::ByTenant]);
    assert_eq!(readiness.issuers[0].issuer, pattern);
    minutes(1).await;
    assert_eq!(mock.fetches(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_probe_starts_few_fetches_and_probes_try_all_issuers_in_turn() {
    let (mock, last) = (Mock::new(), Mock::new());
    mock.answer(Answer::Unreachable);
    let mut builder = Authenticator::builder(issuer("https://i0.example", mock.client()));
    for index in 1..250 {
        builder = builder.add_issuer(issuer(&format!("https://i{index}.example"), mock.client()));
    }
    let builder = builder.add_issuer(issuer("https://last.example", last.client()));
    let authenticator = builder.build_authenticator().unwrap();
    let first = readiness(&authenticator);
    assert_eq!(first.status, ReadinessStatus::NotReady);
    assert_eq!(
        (first.issuers.len(), first.more_issuers, first.reasons.len()),
        (100, 151, 100)
    );
    sleep(Duration::from_millis(10)).await;
    assert_eq!(mock.fetches(), 16);
    // 251 issuers, 16 with each probe.
    for _ in 1..16 {
        assert!(!authenticator.is_ready());
        sleep(Duration::from_millis(10)).await;
    }
    assert!(authenticator.is_ready());
    assert_eq!(last.fetches(), 1);
}
