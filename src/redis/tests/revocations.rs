//! The store of revocations, with a mock server and tokio's paused clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::redis::{Cmd, Value};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use tokio::time::{Duration, Instant, sleep};

use super::mock::{Fault, Mock};
use super::{Failure, TIMEOUT};
use crate::RevocationStore as _;
use crate::redis::RedisRevocationStore;
use crate::redis::connection::{Connection, Connector};
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

/// A server that has no list, and answers at once to a command that is to wait: some proxies do.
#[derive(Clone, Default)]
struct NeverWaits {
    /// How many more pages the list has, each of which takes a second.
    pages: Arc<AtomicUsize>,
}

impl NeverWaits {
    /// Returns a page of the list, without entries.
    async fn page(self) -> Value {
        let last = |pages: usize| pages.checked_sub(1);
        let is_last = self
            .pages
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, last);
        let cursor = if is_last.is_err() { "0" } else { "1" };
        if is_last.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
        Value::Array(vec![
            Value::BulkString(cursor.into()),
            Value::Array(Vec::new()),
        ])
    }
}

impl Connector for NeverWaits {
    fn connect(&self) -> BoxFuture<'static, Result<Arc<dyn Connection>, Failure>> {
        let connection: Arc<dyn Connection> = Arc::new(self.clone());
        Box::pin(async { Ok(connection) })
    }
}

impl Connection for NeverWaits {
    fn send(&self, command: Cmd) -> BoxFuture<'static, Result<Value, Failure>> {
        let packed = command.get_packed_command();
        let text = String::from_utf8_lossy(&packed);
        if text.contains("ZSCAN") {
            let page = self.clone().page();
            return Box::pin(async { Ok(page.await) });
        }
        let answer = if text.contains("XREVRANGE") {
            Value::Array(Vec::new())
        } else if text.contains("XREAD") {
            Value::Nil
        } else {
            Value::Int(0)
        };
        Box::pin(async { Ok(answer) })
    }

    fn send_asking(&self, command: Cmd) -> BoxFuture<'static, Result<Value, Failure>> {
        self.send(command)
    }

    fn is_closed(&self) -> bool {
        false
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_wait_for_changes_is_not_asked_without_a_pause() {
    let start = Instant::now();
    let updates: Vec<_> = store(Arc::new(NeverWaits::default()))
        .follow()
        .take(52)
        .collect()
        .await;
    assert!(updates.iter().all(Result::is_ok));
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_secs(4), "{elapsed:?}");
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_takes_more_than_five_minutes_to_load_is_followed_then() {
    let server = NeverWaits {
        pages: Arc::new(AtomicUsize::new(400)),
    };
    let updates = store(Arc::new(server)).follow();
    let updates: Vec<_> = updates.skip(401).take(1).collect().await;
    let [Ok(update)] = &updates[..] else {
        panic!("{updates:?}");
    };
    assert!(format!("{update:?}").contains("is_up_to_date: true"));
}
