//! What is logged.

use std::io::Write;
use std::sync::{Arc, Mutex};

use http::StatusCode;
use tracing_subscriber::fmt::MakeWriter;

use crate::api::Api;
use crate::server::Server;
use crate::support::tokio;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn count(&self, text: &str) -> usize {
        self.text().matches(text).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn record() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn an_outage_is_one_event_and_its_end_another() {
    let options = ["--requirepass", "hunter2"];
    let Some(mut redis) = Server::start_with(&options) else {
        return;
    };
    let (log, _guard) = record();
    let url = format!("redis://:hunter2@127.0.0.1:{}", redis.port);
    let (api, with_memory) = (Api::new(&url), Api::with_memory(&url));
    redis.kill();
    for _ in 0..2 {
        api.assert_outage().await;
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    }
    for id in 0..20 {
        with_memory.send_new(&id.to_string()).await;
    }
    assert_eq!(log.count("Redis is unavailable"), 2, "{}", log.text());
    assert_eq!(log.count("not known to all instances: requests get 503"), 1);
    assert_eq!(log.count("each instance accepts a token or proof once"), 1);
    assert!(
        log.text()
            .contains(&format!("server=\"127.0.0.1:{}\"", redis.port))
    );
    redis.restart(&options);
    api.wait_for(StatusCode::OK).await;
    assert_eq!(log.count("Redis is available again"), 1);
    assert!(!log.text().contains("hunter2"));
}

#[tokio::test]
async fn a_policy_that_evicts_is_logged_once() {
    let options = ["--maxmemory-policy", "allkeys-lru"];
    let Some(mut redis) = Server::start_with(&options) else {
        return;
    };
    let (log, _guard) = record();
    let api = Api::new(&redis.url());
    for id in ["1", "2"] {
        assert_eq!(api.send_new(id).await, StatusCode::OK);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        redis.kill();
        redis.restart(&options);
        redis.wait_until(Result::is_ok);
    }
    assert_eq!(
        log.count("set maxmemory-policy to noeviction"),
        1,
        "{}",
        log.text()
    );
    assert_eq!(log.count("policy=\"allkeys-lru\""), 1);
    assert_eq!(api.store.health().eviction_policy, Some("allkeys-lru"));
}
