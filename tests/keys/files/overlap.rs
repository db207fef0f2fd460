//! Secrets that end, and secrets that are old.

use std::time::Duration;

use tower_jwt_auth::testing::TestClock;

use crate::files::Folder;
use crate::files::site::{Site, add, next_scan, service, token, watch};
use crate::support::tokio;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn a_forgotten_secret_ends_when_the_overlap_after_a_newer_one_has_passed() {
    let (folder, clock) = (Folder::new(), TestClock::frozen());
    let one = add(&folder, "1");
    let builder = watch(folder.path()).overlap(HOUR).clock(clock.clone());
    let files = builder.build().unwrap();
    let (authenticator, events) = service(files.clone());
    let site = Site {
        folder,
        files,
        authenticator,
        events,
    };
    let cached = token(&one, "1");
    clock.advance(3 * HOUR);
    next_scan().await;
    assert_eq!(site.send(&cached).await, Ok(()));
    let two = site.add("2");
    next_scan().await;
    let secret = &site.health().files.unwrap().secrets[0];
    let left = secret
        .not_after
        .unwrap()
        .duration_since(tower_jwt_auth::Clock::now(&clock));
    assert_eq!((secret.key_id.as_str(), left.unwrap()), ("1", HOUR));
    clock.advance(Duration::from_secs(60 * 60 - 1));
    next_scan().await;
    assert_eq!(site.send(&cached).await, Ok(()));
    clock.advance(Duration::from_secs(1));
    next_scan().await;
    assert!(site.send(&cached).await.is_err());
    assert!(site.verifies(&two, "2").await);
    assert!(site.health().files.unwrap().secrets[0].expired);
    assert_eq!(site.events(), ["1 +1 -", "1,2 +2 -", "2 + -1"]);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_secret_stays_ended_when_the_newer_one_is_replaced_or_gives_way() {
    let (folder, clock) = (Folder::new(), TestClock::frozen());
    let [one, two] = ["1", "2"].map(|name| add(&folder, name));
    let builder = watch(folder.path()).overlap(HOUR).clock(clock.clone());
    let files = builder.build().unwrap();
    let (authenticator, events) = service(files.clone());
    let site = Site {
        folder,
        files,
        authenticator,
        events,
    };
    clock.advance(2 * HOUR);
    site.files.reload().await.unwrap();
    assert!(!site.verifies(&one, "1").await && site.verifies(&two, "2").await);
    let replaced = site.add("2");
    site.files.reload().await.unwrap();
    assert!(!site.verifies(&one, "1").await && site.verifies(&replaced, "2").await);
    let three = site.add("3");
    site.remove("2");
    site.files.reload().await.unwrap();
    assert!(!site.verifies(&one, "1").await && site.verifies(&three, "3").await);
    // Only one that becomes the newest again is used again.
    site.remove("3");
    site.files.reload().await.unwrap();
    assert!(site.verifies(&one, "1").await);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_older_than_90_days_is_reported_once_and_still_used() {
    let (folder, clock) = (Folder::new(), TestClock::frozen());
    let one = add(&folder, "1");
    let files = watch(folder.path()).clock(clock.clone()).build().unwrap();
    let (authenticator, events) = service(files.clone());
    let site = Site {
        folder,
        files,
        authenticator,
        events,
    };
    clock.advance(89 * DAY);
    site.files.reload().await.unwrap();
    assert!(!site.health().files.unwrap().secrets[0].old);
    clock.advance(DAY + HOUR);
    for _ in 0..3 {
        site.files.reload().await.unwrap();
    }
    let health = site.health().files.unwrap();
    assert!(health.secrets[0].old && health.secrets[0].age >= 90 * DAY);
    let events = site.events();
    assert!(
        events.len() == 2 && events[1].starts_with("old 1: 777"),
        "{events:?}"
    );
    assert!(site.verifies(&one, "1").await);
}
