//! The store of revocations, with a mock server and tokio's paused clock.

use std::sync::Arc;

use super::mock::{Fault, Mock};
use super::{Failure, TIMEOUT};
use crate::RevocationStore as _;
use crate::redis::RedisRevocationStore;
use crate::redis::connection::Connector;
use crate::redis::key::Prefix;
use crate::redis::settings::Target;

fn store(connector: Arc<dyn Connector>) -> RedisRevocationStore {
    RedisRevocationStore::new(Target {
        name: "mock".to_owned(),
        connector,
        prefix: Prefix::new("test").unwrap(),
        timeout: TIMEOUT,
    })
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_failed_is_left_so_that_the_next_write_finds_the_primary() {
    for failure in [Failure::Unable, Failure::Loading, Failure::OtherNode] {
        let mock = Mock::new();
        let store = store(Arc::new(mock.clone()));
        // A primary that was cut off from its replicas (NOREPLICAS), while there is a new one.
        mock.set(Fault::Fails(failure));
        store.add(Vec::new()).await.unwrap_err();
        mock.set(Fault::None);
        store.add(Vec::new()).await.unwrap();
        assert_eq!(mock.connections(), 2, "{failure:?}");
    }
}
