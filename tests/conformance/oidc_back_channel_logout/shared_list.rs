//! A log-out whose revocations several processes share.

use http::StatusCode;
use http::header::RETRY_AFTER;
use tower_jwt_auth::{ErrorKind, OnStaleRevocations, RevocationSettings, Revocations};

use super::support::{access_token, logout_token, with_list};
use crate::support::builder;
use crate::support::revocation_store::{Fault, MemoryRevocationStore};
use crate::support::tokio;

#[tokio::test(start_paused = true)]
async fn it_is_answered_when_the_store_has_it_and_can_be_repeated_until_then() {
    let store = MemoryRevocationStore::default();
    let settings = RevocationSettings::default();
    let settings = settings.store(store.clone(), OnStaleRevocations::Reject);
    let list = Revocations::with_settings(settings).unwrap();
    let setup = with_list(builder(), list);
    setup.list.loaded().await.unwrap();
    let (access, logout) = (access_token().sign(), logout_token().sign());
    assert_eq!(setup.rejection(&access).await, None);
    store.set(Fault::Fails);
    let answer = setup.log_out(&logout).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert_eq!(answer.headers[RETRY_AFTER], "1");
    assert!(
        answer.body.contains("temporarily_unavailable"),
        "{answer:?}"
    );
    // The session has ended here all the same.
    assert_eq!(setup.rejection(&access).await, Some(ErrorKind::Revoked));
    store.set(Fault::None);
    setup.log_out(&logout).await.expect_logged_out();
    assert_eq!(store.entries().len(), 2);
    // Only now was it used.
    assert_eq!(setup.log_out(&logout).await.status, StatusCode::BAD_REQUEST);
}
