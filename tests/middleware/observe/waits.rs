//! The time that requests wait. That of other requests is not measured.

use std::pin::pin;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::time::sleep;
use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer};

use super::recorder::Recorder;
use crate::support::tokio;
use crate::support::{
    AUDIENCE, Held, ISSUER, Unreachable, ask, bearer, builder, clock, issuer, token,
};

fn with(recorder: &Recorder, issuer: Issuer) -> JwtAuthLayer {
    let builder = JwtAuthLayer::builder(issuer).clock(clock());
    builder.add_observer(recorder.clone()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_keys_is_told_with_its_time() {
    let (recorder, held) = (Recorder::default(), Held::new());
    let issuer = Issuer::from_key_source(ISSUER, held.clone(), AUDIENCE);
    let layer = with(&recorder, issuer);
    let released = async {
        sleep(Duration::from_millis(250)).await;
        held.release();
    };
    let request = bearer(&token().sign());
    futures::future::join(ask(&layer, request), released).await;
    assert_eq!(
        recorder.take(),
        [
            format!("wait keys {ISSUER:?} 250 ms"),
            format!("request accepted none bearer {ISSUER:?}")
        ]
    );
    ask(&layer, bearer(&token().sign())).await;
    assert!(recorder.take_only("wait").is_empty(), "the keys are there");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_at_once_is_not_waited_for() {
    let recorder = Recorder::default();
    let source = Unreachable(Duration::from_secs(1));
    let layer = with(&recorder, Issuer::from_key_source(ISSUER, source, AUDIENCE));
    ask(&layer, bearer(&token().sign())).await;
    assert_eq!(
        recorder.take(),
        [format!(
            "request rejected keys_unavailable bearer {ISSUER:?}"
        )]
    );
}

/// The only thread for blocking work is occupied until the request has been polled once, so that
/// it has to wait.
#[test]
fn a_signature_that_is_offloaded_is_waited_for() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().max_blocking_threads(1);
    let runtime = runtime.build().unwrap();
    let recorder = Recorder::default();
    let builder = builder().offload([Algorithm::ES256]);
    let layer = builder.add_observer(recorder.clone()).build().unwrap();
    runtime.block_on(async {
        let (release, occupied) = std::sync::mpsc::channel::<()>();
        let blocking = tokio::task::spawn_blocking(move || occupied.recv());
        let mut answer = pin!(ask(&layer, bearer(&token().sign())));
        assert!(answer.as_mut().now_or_never().is_none());
        release.send(()).unwrap();
        answer.await;
        blocking.await.unwrap().unwrap();
    });
    let told = recorder.take();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with(r#"wait offload "" "#), "{told:?}");
    assert_eq!(told[1], format!("request accepted none bearer {ISSUER:?}"));
}

#[tokio::test]
async fn a_request_whose_key_is_cached_waits_for_nothing() {
    let recorder = Recorder::default();
    let layer = with(&recorder, issuer());
    ask(&layer, bearer(&token().sign())).await;
    assert!(recorder.take_only("wait").is_empty());
}
