//! The test kit. Its issuer is tested with raw sockets, because an HTTP client hides malformed responses.

mod claims;
mod dpop;
mod faults;
mod issuer;
mod keys;
mod tokens;

use std::io;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// The bytes that were received before the connection was closed.
struct RawResponse {
    /// Status line and headers.
    head: String,
    body: Vec<u8>,
}

impl RawResponse {
    fn status(&self) -> u16 {
        self.head
            .split(' ')
            .nth(1)
            .map_or(0, |code| code.parse().unwrap())
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn key_ids(&self) -> Vec<String> {
        let set = self.json();
        set["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["kid"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

/// Splits `http://address/path` into address and path.
fn split_url(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").unwrap();
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

async fn send(url: &str, header: &str) -> io::Result<TcpStream> {
    let (address, path) = split_url(url);
    let mut socket = TcpStream::connect(address).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{header}\r\n");
    socket.write_all(request.as_bytes()).await?;
    Ok(socket)
}

async fn get_with(url: &str, header: &str) -> RawResponse {
    let mut bytes = Vec::new();
    send(url, header)
        .await
        .unwrap()
        .read_to_end(&mut bytes)
        .await
        .unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let body = end.map_or(bytes.len(), |end| end + 4);
    RawResponse {
        head: String::from_utf8(bytes[..body].to_vec()).unwrap(),
        body: bytes[body..].to_vec(),
    }
}

async fn get(url: &str) -> RawResponse {
    get_with(url, "").await
}

/// Waits until the runtime has at most `count` tasks.
async fn tasks_fall_to(count: usize) {
    let fall = async {
        while Handle::current().metrics().num_alive_tasks() > count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), fall)
        .await
        .expect("a task is still running");
}
