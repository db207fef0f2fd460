//! What listens where Redis should, and is not Redis.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::support::tokio;
use crate::support::tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use crate::support::tokio::net::{TcpListener, TcpStream};
use crate::support::tokio::time::sleep;

/// What it sends after each thing that it reads.
#[derive(Clone, Copy)]
pub(crate) enum Says {
    /// This text, for each read.
    Text(&'static str),
    /// The beginning of an answer, and closes the connection.
    Half,
    /// The right answer, too late.
    Late(Duration),
    /// Closes the connection.
    Nothing,
}

/// Returns the URL.
pub(crate) async fn listen(says: Says) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, says));
        }
    });
    format!("redis://127.0.0.1:{port}")
}

async fn answer(mut stream: TcpStream, says: Says) {
    let mut buffer = [0; 4096];
    while let Ok(1..) = stream.read(&mut buffer).await {
        let text = match says {
            Says::Text(text) => text,
            Says::Half => "$100\r\nO",
            Says::Late(time) => {
                sleep(time).await;
                "+OK\r\n"
            }
            Says::Nothing => return,
        };
        if stream.write_all(text.as_bytes()).await.is_err() || matches!(says, Says::Half) {
            return;
        }
    }
}
