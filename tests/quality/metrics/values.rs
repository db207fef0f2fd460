//! Values of gauges and counters, at known times.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use tokio::time::sleep;
use tower_jwt_auth::metrics::{Metrics, names};
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{
    Algorithm, Issuer, JwtAuthLayer, MemoryReplayStore, OnStaleRevocations, RevocationSettings,
    Revocations, SecretFiles, TokenCacheSettings,
};

use crate::scenario::{Provider, Slow, WITH_SECRETS};
use crate::series::{recorded, recorded_by, run, value};
use crate::support::revocation_store::{Fault, MemoryRevocationStore};
use crate::support::{AUDIENCE, ISSUER, ask, bearer, builder, clock, token, tokio};

/// Returns a gauge of the layer now.
fn gauge(layer: &JwtAuthLayer, name: &str, labels: &[(&str, &str)]) -> f64 {
    let all = recorded_by(|| Metrics::new().record_health(layer.authenticator()));
    value(&all, name, labels)
}

fn assert_within(value: f64, range: Range<f64>) {
    assert!(range.contains(&value), "{value} is not in {range:?}");
}

#[test]
fn the_staleness_of_revocations_is_infinite_before_they_are_loaded_and_grows_in_an_outage() {
    run(async {
        let store = MemoryRevocationStore::default();
        store.set(Fault::Fails);
        let settings = RevocationSettings::default();
        let settings = settings.store(store.clone(), OnStaleRevocations::Reject);
        let list = Revocations::with_settings(settings).unwrap();
        let layer = builder().revocations(&list).build().unwrap();
        let staleness = || gauge(&layer, names::REVOCATION_STALENESS_SECONDS, &[]);
        ask(&layer, bearer(&token().sign())).await;
        sleep(Duration::from_secs(5)).await;
        assert_eq!(staleness(), f64::INFINITY);
        store.set(Fault::None);
        sleep(Duration::from_secs(60)).await;
        assert_within(staleness(), 0.0..5.0);
        store.set(Fault::Fails);
        sleep(Duration::from_secs(40)).await;
        assert_within(staleness(), 40.0..50.0);
        sleep(Duration::from_secs(30)).await;
        assert_within(staleness(), 70.0..80.0);
    });
}

#[test]
fn the_entries_of_revocations_are_their_number() {
    run(async {
        let list = Revocations::new();
        let layer = builder().revocations(&list).build().unwrap();
        let entries = || gauge(&layer, names::REVOCATION_ENTRIES, &[]);
        assert_eq!(entries(), 0.0);
        for subject in ["alice", "bob", "carol"] {
            list.revoke_subject(ISSUER, subject).unwrap();
        }
        assert_eq!(entries(), 3.0);
    });
}

#[test]
fn the_age_of_fetched_keys_is_the_time_since_the_fetch() {
    run(async {
        let issuer = Provider::default().issuer();
        let layer = JwtAuthLayer::builder(issuer).clock(clock());
        let layer = layer.build().unwrap();
        ask(&layer, bearer(&token().sign())).await;
        let age = || gauge(&layer, names::KEYS_AGE_SECONDS, &[("issuer", ISSUER)]);
        assert_within(age(), 0.0..1.0);
        sleep(Duration::from_secs(120)).await;
        assert_within(age(), 120.0..121.0);
    });
}

#[test]
fn the_age_of_a_secret_is_the_time_since_its_file_was_written() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1");
        std::fs::write(&path, "k3R9vQ1zXw7Tn5Lb2Yc8Hd4Jf6Gp0SaM").unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        let now = SystemTime::now();
        file.set_modified(now - Duration::from_secs(1000)).unwrap();
        let clock = TestClock::new(now);
        let files = SecretFiles::watch(folder.path(), Algorithm::HS256);
        let files = files.clock(clock.clone()).build().unwrap();
        let issuer = Issuer::from_key_source(WITH_SECRETS, files.clone(), AUDIENCE);
        let layer = JwtAuthLayer::builder(issuer).build().unwrap();
        let labels = [("issuer", WITH_SECRETS)];
        let age = || gauge(&layer, names::SECRET_AGE_SECONDS, &labels);
        assert_within(age(), 999.0..1001.0);
        clock.advance(Duration::from_secs(500));
        // As of the last scan.
        files.reload().await.unwrap();
        assert_within(age(), 1499.0..1501.0);
    });
}

#[test]
fn store_operations_are_counted_by_result() {
    let all = recorded(async {
        let store = Slow(MemoryReplayStore::new(100).unwrap());
        let layer = builder().replay_store(store).add_observer(Metrics::new());
        let layer = layer.build().unwrap();
        let [one, two] = ["1", "2"].map(|id| token().claim("jti", id).sign());
        for token in [&one, &two, &one, &one, &one] {
            ask(&layer, bearer(token)).await;
        }
    });
    let operations = |result| {
        let labels = [
            ("store", "tokens"),
            ("operation", "insert"),
            ("result", result),
        ];
        value(&all, names::STORE_OPERATIONS, &labels)
    };
    assert_eq!((operations("ok"), operations("seen")), (2.0, 3.0));
}

#[test]
fn cached_tokens_count_as_twice_their_length_at_least() {
    run(async {
        let settings = TokenCacheSettings::default();
        let layer = builder().token_cache(settings).build().unwrap();
        let cache = |name| gauge(&layer, name, &[]);
        let mut length = 0.0;
        for number in 1..=3 {
            let token = token().claim("jti", number.to_string()).sign();
            ask(&layer, bearer(&token)).await;
            length += f64::from(u32::try_from(token.len()).unwrap());
            assert_eq!(cache(names::TOKEN_CACHE_ENTRIES), f64::from(number));
            let bytes = cache(names::TOKEN_CACHE_BYTES);
            assert!(bytes >= 2.0 * length, "{bytes}, tokens of {length}");
        }
    });
}
