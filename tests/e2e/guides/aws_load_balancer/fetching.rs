//! What the source of the keys fetches, and when.

use std::time::Duration;

use http::StatusCode;
use tower_jwt_auth::ErrorKind;

use super::keys::LoadBalancerKeys;
use super::region::Region;
use super::{ID, token, with_header};
use crate::support::tokio;

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
        let token = with_header("kid", made_up(number));
        let answer = region.ask(&layer, &token).await;
        if number < 7 {
            answer.invalid_token(ErrorKind::UnknownKey);
        } else {
            // The key may exist: it is not looked for.
            answer.rejected(503, None, ErrorKind::KeysUnavailable);
        }
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
    // The ids don't have the order of their age.
    let made_up = |number| made_up(17 - number);
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
