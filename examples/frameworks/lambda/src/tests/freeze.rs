//! Keys that become stale while the process is frozen.

use std::time::Duration;

use lambda_http::{Body, Response};

use super::issuer::{Issuer, Mood};
use super::world::World;

const HOUR: u64 = 60 * 60;

/// Returns a world whose function has handled a request.
fn warm() -> World {
    let world = World::new();
    assert_eq!(status(&world), 200);
    world.run_tasks();
    assert_eq!(world.issuer.fetches(), 1);
    world
}

fn freeze(world: &World, seconds: u64) {
    world.freeze(Duration::from_secs(seconds));
}

/// Returns the status of the response to a request with a valid token.
fn status(world: &World) -> u16 {
    let response: Response<Body> = world.invoke(Some(&world.token().sign()));
    response.status().as_u16()
}

#[test]
fn keys_that_are_still_fresh_are_used_without_a_fetch() {
    let world = warm();
    freeze(&world, Issuer::MAX_AGE / 2);
    assert_eq!((status(&world), world.issuer.fetches()), (200, 1));
}

#[test]
fn the_missed_refresh_of_keys_that_are_still_fresh_delays_no_request() {
    let world = warm();
    // The refresh was due at 80 % of their age, at the latest.
    freeze(&world, Issuer::MAX_AGE * 9 / 10);
    world.issuer.set_mood(Mood::Silent);
    assert_eq!((status(&world), world.issuer.fetches()), (200, 1));
    world.run_tasks();
    assert_eq!(world.issuer.fetches(), 2);
}

#[test]
fn keys_that_became_stale_are_fetched_by_the_next_request() {
    for seconds in [Issuer::MAX_AGE + 1, HOUR, 2 * HOUR, 7 * 24 * HOUR] {
        let world = warm();
        freeze(&world, seconds);
        assert_eq!(
            (status(&world), world.issuer.fetches()),
            (200, 2),
            "{seconds}"
        );
        // Again: the task that refreshes in the background has ended or not, it makes no difference.
        freeze(&world, seconds);
        assert_eq!(
            (status(&world), world.issuer.fetches()),
            (200, 3),
            "{seconds}"
        );
    }
}

#[test]
fn a_key_that_was_replaced_meanwhile_is_not_used() {
    let world = warm();
    let old = world.token().sign();
    world.issuer.rotate();
    freeze(&world, Issuer::MAX_AGE + 1);
    assert_eq!(world.invoke(Some(&old)).status(), 401);
    assert_eq!(status(&world), 200);
}

#[test]
fn while_the_issuer_is_down_stale_keys_are_used_for_an_hour() {
    let world = warm();
    world.issuer.set_mood(Mood::Failing);
    freeze(&world, Issuer::MAX_AGE + HOUR / 2);
    assert_eq!(status(&world), 200);
    freeze(&world, HOUR);
    assert_eq!(status(&world), 503);
    world.issuer.set_mood(Mood::Healthy);
    freeze(&world, 60);
    assert_eq!(status(&world), 200);
}

#[test]
fn a_fetch_that_a_freeze_interrupts_fails_no_request() {
    for (seconds, tasks_run_first) in [
        (1, false),
        (1, true),
        (10, false),
        (10, true),
        (Issuer::MAX_AGE, false),
        (Issuer::MAX_AGE, true),
        (HOUR / 2, false),
        (HOUR / 2, true),
        (2 * HOUR, false),
        (2 * HOUR, true),
    ] {
        let world = interrupted(seconds);
        if tasks_run_first {
            world.run_tasks();
        }
        assert_eq!(status(&world), 200, "{seconds} {tasks_run_first}");
    }
}

/// Returns a world that was frozen during a fetch, for this time. The refresh has begun at the end
/// of a request, and its connection has not survived.
fn interrupted(seconds: u64) -> World {
    let world = warm();
    freeze(&world, Issuer::MAX_AGE * 9 / 10);
    world.issuer.set_mood(Mood::Silent);
    assert_eq!(status(&world), 200);
    world.run_tasks();
    assert_eq!(world.issuer.fetches(), 2);
    freeze(&world, seconds);
    world.issuer.set_mood(Mood::Healthy);
    world
}
