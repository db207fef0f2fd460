//! How long an answer is kept, by its headers.

use std::time::Duration;

use tower_jwt_auth::JwksCacheSettings;

use crate::mock::Mock;

/// The life that a set gets, measured by when it stops to serve: an hour after it.
async fn life(headers: &[(&'static str, &str)]) -> u64 {
    let mock = Mock::new();
    for (name, value) in headers {
        mock.header(name, value);
    }
    let settings = JwksCacheSettings::default().stale_if_error(Duration::from_secs(3600));
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    authenticator.prefetch().await.unwrap();
    let fetch = authenticator.health().remove(0).fetch.unwrap();
    fetch.usable_for.unwrap().as_secs() - 3600
}

#[tokio::test(start_paused = true)]
async fn the_life_of_a_set_is_its_max_age_within_a_minute_and_a_day() {
    for (cache_control, expected) in [
        ("max-age=300", 300),
        ("public, max-age=300, must-revalidate", 300),
        ("MAX-AGE=300", 300),
        ("max-age=\"300\"", 300),
        ("max-age=300, max-age=900", 300),
        ("s-maxage=900, max-age=300", 300),
        ("max-age=0", 60),
        ("max-age=5", 60),
        ("no-store", 60),
        ("no-cache, max-age=300", 60),
        ("max-age=31536000", 86_400),
        ("max-age=99999999999999999999999999", 86_400),
        ("max-age=-5", 600),
        ("max-age=soon", 600),
        ("max-age=", 600),
        ("max-age", 600),
        ("s-maxage=900", 600),
        ("ext=\"a, max-age=5\", max-age=300", 300),
        ("ext=\"a\\\", no-store, \\\\\", max-age=300", 300),
        ("ext=\"é\", max-age=300", 300),
        ("ext=\"é\", no-store", 60),
        ("ext=\\, max-age=300", 300),
        ("", 600),
        (",,=,;", 600),
    ] {
        assert_eq!(
            life(&[("cache-control", cache_control)]).await,
            expected,
            "{cache_control}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn time_spent_in_caches_on_the_way_is_no_longer_to_live() {
    assert_eq!(
        life(&[("cache-control", "max-age=300"), ("age", "100")]).await,
        200
    );
    assert_eq!(
        life(&[("cache-control", "max-age=300"), ("age", "1000")]).await,
        60
    );
    assert_eq!(
        life(&[("cache-control", "max-age=300"), ("age", "old")]).await,
        300
    );
}

#[tokio::test(start_paused = true)]
async fn expires_counts_where_max_age_is_not_there() {
    let date = ("date", "Mon, 23 Nov 2026 12:00:00 GMT");
    let expires = "Mon, 23 Nov 2026 12:05:00 GMT";
    assert_eq!(life(&[date, ("expires", expires)]).await, 300);
    assert_eq!(
        life(&[date, ("expires", expires), ("age", "100")]).await,
        200
    );
    assert_eq!(
        life(&[date, ("expires", expires), ("cache-control", "max-age=120")]).await,
        120
    );
    assert_eq!(
        life(&[date, ("expires", "Mon, 23 Nov 2026 11:00:00 GMT")]).await,
        60
    );
    assert_eq!(life(&[date, ("expires", "0")]).await, 60);
    assert_eq!(
        life(&[("expires", expires)]).await,
        60,
        "without a date it is unknown"
    );
}

#[tokio::test(start_paused = true)]
async fn contradictory_settings_are_rejected() {
    let second = Duration::from_secs(1);
    let default = JwksCacheSettings::default;
    for settings in [
        default()
            .min_ttl(Duration::from_secs(100))
            .max_ttl(Duration::from_secs(99)),
        default().min_ttl(Duration::ZERO),
        default().fetch_timeout(Duration::ZERO),
        default().wait_timeout(Duration::ZERO),
        default().max_body_len(0),
        default().refetch_limit(2, Duration::ZERO),
        default().refetch_limit(usize::MAX, second),
        default().refresh_at_percent(96),
        default().refresh_at_percent(9),
        default().backoff(second, second / 2),
        default().backoff(Duration::ZERO, second),
        default().backoff(second, Duration::MAX),
        default().stale_if_error(Duration::MAX),
        default().max_ttl(Duration::MAX),
        default().max_body_len(16 * 1024 * 1024 + 1),
        default().max_waiters(0),
        default().max_waiters(1_000_001),
    ] {
        let error = Mock::new()
            .builder(settings)
            .build_authenticator()
            .unwrap_err();
        assert_eq!(
            error.kind(),
            tower_jwt_auth::ConfigErrorKind::InvalidSetting
        );
    }
}
