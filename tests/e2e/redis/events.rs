//! What is logged.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;
use std::time::Duration;

use http::StatusCode;

use crate::api::Api;
use crate::server::Server;
use crate::support::tokio;

thread_local! {
    /// What was logged on the thread of a test.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ToThread;

impl Write for ToThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Has events logged from now on: on all threads, since what is enabled is cached for all of them.
fn record() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_writer(|| ToThread)
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

fn text() -> String {
    LOG.with_borrow(|log| String::from_utf8(log.clone()).unwrap())
}

fn count(part: &str) -> usize {
    text().matches(part).count()
}

#[tokio::test]
async fn an_outage_is_one_event_and_its_end_another() {
    let options = ["--requirepass", "hunter2"];
    let Some(mut redis) = Server::start_with(&options) else {
        return;
    };
    record();
    let url = format!("redis://:hunter2@127.0.0.1:{}", redis.port);
    let (api, with_memory) = (Api::new(&url), Api::with_memory(&url));
    redis.kill();
    for _ in 0..2 {
        api.assert_outage().await;
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    for id in 0..20 {
        with_memory.send_new(&id.to_string()).await;
    }
    assert_eq!(count("Redis is unavailable"), 2, "{}", text());
    assert_eq!(count("not known to all instances: requests get 503"), 1);
    assert_eq!(count("each instance accepts a token or proof once"), 1);
    assert!(text().contains(&format!("server=\"127.0.0.1:{}\"", redis.port)));
    redis.restart(&options);
    api.wait_for(StatusCode::OK).await;
    assert_eq!(count("Redis is available again"), 1, "{}", text());
    assert!(!text().contains("hunter2"));
}

#[tokio::test]
async fn a_policy_that_evicts_is_logged_once() {
    let options = ["--maxmemory-policy", "allkeys-lru"];
    let Some(mut redis) = Server::start_with(&options) else {
        return;
    };
    record();
    let api = Api::new(&redis.url());
    for id in ["1", "2"] {
        assert_eq!(api.send_new(id).await, StatusCode::OK, "{}", text());
        tokio::time::sleep(Duration::from_millis(50)).await;
        redis.kill();
        redis.restart(&options);
        redis.wait_until(Result::is_ok);
        // The end of the connection is noticed.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(count("set maxmemory-policy to noeviction"), 1, "{}", text());
    assert_eq!(count("policy=\"allkeys-lru\""), 1);
    assert_eq!(api.store.health().eviction_policy, Some("allkeys-lru"));
}
