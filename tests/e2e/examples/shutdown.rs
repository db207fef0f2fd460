//! The shutdown of the resource server.
#![cfg(unix)]

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::harness::Server;
use crate::support::tokio;

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.url.strip_prefix("http://").unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn sigterm_ends_it_cleanly_while_clients_keep_connections_open() {
    let server = Server::resource_server(&[]).await;
    let _never_used = connect(&server).await;
    // This client keeps its connection for the next request.
    server.get("/public").await.assert_accepted();
    assert_eq!(server.end_by("TERM").await.code(), Some(0));
}

#[tokio::test]
async fn an_interrupt_ends_it_cleanly() {
    let server = Server::resource_server(&[]).await;
    assert_eq!(server.end_by("INT").await.code(), Some(0));
}

#[tokio::test]
async fn an_incomplete_request_delays_the_shutdown_only_briefly() {
    let server = Server::resource_server(&[]).await;
    let mut slow = connect(&server).await;
    slow.write_all(b"GET /public HTTP/1.1\r\nhost: ")
        .await
        .unwrap();
    // When this one is answered, the server has read those bytes.
    server.get("/public").await.assert_accepted();
    assert_eq!(server.end_by("TERM").await.code(), Some(0));
}

#[tokio::test]
async fn an_issuer_that_never_answers_does_not_delay_the_shutdown() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", silent.local_addr().unwrap());
    let server = Server::resource_server(&["--issuer", &issuer, "--audience", "a"]).await;
    drop(silent.accept().await);
    assert_eq!(server.end_by("TERM").await.code(), Some(0));
}
