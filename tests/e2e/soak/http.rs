//! A minimal HTTP/1.1 client, which can send invalid requests.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The timeout of each step. A request waits at most 3 s, for its key.
const TIMEOUT: Duration = Duration::from_secs(15);

pub(crate) struct Connection {
    stream: TcpStream,
    /// Bytes that were received and not yet parsed.
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = in_time(TcpStream::connect(address)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        in_time(self.stream.write_all(bytes)).await
    }

    pub(crate) async fn receive(&mut self) -> io::Result<Response> {
        in_time(self.read_response()).await
    }

    pub(crate) async fn exchange(&mut self, request: &str) -> io::Result<Response> {
        self.send(request.as_bytes()).await?;
        self.receive().await
    }

    /// Closes the connection, gracefully (FIN) or not (RST).
    pub(crate) fn close(self, gracefully: bool) {
        if !gracefully {
            drop(self.stream.set_zero_linger());
        }
    }

    async fn read_response(&mut self) -> io::Result<Response> {
        let end = loop {
            if let Some(end) = self
                .buffer
                .windows(4)
                .position(|bytes| bytes == b"\r\n\r\n")
            {
                break end + 4;
            }
            self.read_more().await?;
        };
        let head = text(self.buffer.drain(..end).collect())?;
        let mut response = Response {
            status: status(&head)?,
            head,
            body: String::new(),
        };
        let length = response
            .header("content-length")
            .unwrap_or("0")
            .parse()
            .map_err(io::Error::other)?;
        while self.buffer.len() < length {
            self.read_more().await?;
        }
        response.body = text(self.buffer.drain(..length).collect())?;
        Ok(response)
    }

    async fn read_more(&mut self) -> io::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// Returns whether the server closes the connection.
    pub(crate) fn closes(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

fn status(head: &str) -> io::Result<u16> {
    let code = head
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok());
    code.ok_or_else(|| io::Error::other("not an HTTP/1.1 response"))
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(io::Error::other)
}

async fn in_time<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(TIMEOUT, step)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}
