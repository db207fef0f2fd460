//! Files of secrets, which are read on other threads.

use ::metrics::{set_default_local_recorder, with_local_recorder};
use metrics_util::debugging::DebuggingRecorder;
use tower_jwt_auth::metrics::{Metrics, names};

use crate::scenario::{WITH_SECRETS, secrets};
use crate::series::{all, value};
use crate::support::tokio::time::{Duration, timeout};

#[test]
fn changes_of_files_and_failures_to_read_them_are_counted() {
    let recorder: &'static DebuggingRecorder = Box::leak(Box::default());
    let runtime = ::tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(move || {
            // For as long as the thread lives.
            std::mem::forget(set_default_local_recorder(recorder));
        })
        .build()
        .unwrap();
    with_local_recorder(recorder, || {
        runtime.block_on(async {
            let metrics = Metrics::new();
            timeout(Duration::from_secs(30), secrets(&metrics))
                .await
                .unwrap();
        });
    });
    let all = all(recorder.snapshotter().snapshot());
    let reloads = |result| {
        let labels = [("issuer", WITH_SECRETS), ("result", result)];
        value(&all, names::SECRETS_RELOADS, &labels)
    };
    assert_eq!((reloads("changed"), reloads("failed")), (2.0, 1.0));
    assert_eq!(reloads("recovered"), 1.0);
}
