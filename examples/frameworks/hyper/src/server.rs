//! The server.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{Layer as _, service_fn};
use tower_jwt_auth::{Claims, JwtAuthLayer};

/// Accepts connections until the future is dropped.
pub(crate) async fn serve(listener: TcpListener, auth: JwtAuthLayer) {
    let protected = auth.layer(service_fn(hello));
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // Most likely a lack of file descriptors: trying again at once would spin.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let service = TowerToHyperService::new(protected.clone());
        tokio::spawn(async move {
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new());
            // An error concerns this connection only.
            let _ = server.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

/// Responds to requests with a valid token: the layer has inserted its claims.
async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let claims = request.extensions().get::<Claims>();
    let subject = claims.and_then(|claims| claims.subject());
    let text = format!("hello {}\n", subject.unwrap_or("anonymous"));
    Ok(Response::new(Full::from(text)))
}
