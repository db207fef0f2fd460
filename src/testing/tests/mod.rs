//! The kit itself, over raw sockets: an HTTP client would hide half of what is to be seen.

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

/// All that came back before the connection ended.
struct Answer {
    parts: String,
    body: Vec<u8>,
}

impl Answer {
    fn status(&self) -> u16 {
        self.parts
            .split(' ')
            .nth(1)
            .map_or(0, |code| code.parse().unwrap())
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.parts.lines().filter_map(|line| line.split_once(": "));
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

/// `http://address/path` with its parts apart.
fn parts(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").unwrap();
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

async fn send(url: &str, header: &str) -> io::Result<TcpStream> {
    let (address, path) = parts(url);
    let mut socket = TcpStream::connect(address).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{header}\r\n");
    socket.write_all(request.as_bytes()).await?;
    Ok(socket)
}

async fn get_with(url: &str, header: &str) -> Answer {
    let mut bytes = Vec::new();
    send(url, header)
        .await
        .unwrap()
        .read_to_end(&mut bytes)
        .await
        .unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let body = end.map_or(bytes.len(), |end| end + 4);
    Answer {
        parts: String::from_utf8(bytes[..body].to_vec()).unwrap(),
        body: bytes[body..].to_vec(),
    }
}

async fn get(url: &str) -> Answer {
    get_with(url, "").await
}

/// Waits until the runtime has no more than so many tasks.
async fn tasks_fall_to(count: usize) {
    let fallen = async {
        while Handle::current().metrics().num_alive_tasks() > count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), fallen)
        .await
        .expect("a task was left behind");
}
