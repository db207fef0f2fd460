//! HTTP/1.1 by hand, so that requests can be as broken as they need to be.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Nothing takes that long: the longest wait is the 3 s of a request whose key must be fetched.
const LIMIT: Duration = Duration::from_secs(15);

pub(crate) struct Connection {
    stream: TcpStream,
    /// What has arrived and not been read.
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
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

    pub(crate) async fn receive(&mut self) -> io::Result<Answer> {
        in_time(self.read_answer()).await
    }

    pub(crate) async fn exchange(&mut self, request: &str) -> io::Result<Answer> {
        self.send(request.as_bytes()).await?;
        self.receive().await
    }

    /// Goes away, politely (FIN) or not (RST).
    pub(crate) fn leave(self, politely: bool) {
        if !politely {
            drop(self.stream.set_zero_linger());
        }
    }

    async fn read_answer(&mut self) -> io::Result<Answer> {
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
        let mut answer = Answer {
            status: status(&head)?,
            head,
            body: String::new(),
        };
        let length = answer
            .header("content-length")
            .unwrap_or("0")
            .parse()
            .map_err(io::Error::other)?;
        while self.buffer.len() < length {
            self.read_more().await?;
        }
        answer.body = text(self.buffer.drain(..length).collect())?;
        Ok(answer)
    }

    async fn read_more(&mut self) -> io::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    pub(crate) fn closes(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

fn status(head: &str) -> io::Result<u16> {
    let code = head
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok());
    code.ok_or_else(|| io::Error::other("not an HTTP/1.1 answer"))
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(io::Error::other)
}

async fn in_time<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(LIMIT, step)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}
