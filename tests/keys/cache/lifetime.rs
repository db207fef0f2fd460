//! The TTL of a key set, from the headers of the response.

use std::time::Duration;

use tower_jwt_auth::JwksCacheSettings;

use crate::cache::mock::Mock;
use crate::support::tokio;

/// Returns the TTL of a key set in seconds, measured by when it expires: an hour later.
async fn ttl(headers: &[(&'static str, &str)]) -> u64 {
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
async fn the_ttl_of_a_set_is_its_max_age_within_a_minute_and_a_day() {
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
            ttl(&[("cache-control", cache_control)]).await,
            expected,
            "{cache_control}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_response_reduces_its_ttl() {
    assert_eq!(
        ttl(&[("cache-control", "max-age=300"), ("age", "100")]).await,
        200
    );
    assert_eq!(
        ttl(&[("cache-control", "max-age=300"), ("age", "1000")]).await,
        60
    );
    assert_eq!(
        ttl(&[("cache-control", "max-age=300"), ("age", "old")]).await,
        300
    );
}

#[tokio::test(start_paused = true)]
async fn expires_counts_where_there_is_no_max_age() {
    let date = ("date", "Mon, 23 Nov 2026 12:00:00 GMT");
    let expires = "Mon, 23 Nov 2026 12:05:00 GMT";
    assert_eq!(ttl(&[date, ("expires", expires)]).await, 300);
    assert_eq!(
        ttl(&[date, ("expires", expires), ("age", "100")]).await,
        200
    );
    assert_eq!(
        ttl(&[date, ("expires", expires), ("cache-control", "max-age=120")]).await,
        120
    );
    assert_eq!(
        ttl(&[date, ("expires", "Mon, 23 Nov 2026 11:00:00 GMT")]).await,
        60
    );
    assert_eq!(ttl(&[date, ("expires", "0")]).await, 60);
    assert_eq!(
        ttl(&[("expires", expires)]).await,
        60,
        "without a date the TTL is unknown"
    );
}

#[tokio::test(start_paused = true)]
async fn invalid_settings_are_rejected() {
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
