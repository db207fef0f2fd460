//! The demonstration with an issuer, an authority and certificates of its own.

use tower_jwt_auth::testing::TestIssuer;

use crate::pki::{Authority, Client};
use crate::{Result, calls, start};

const AUDIENCE: &str = "https://api.example";

/// Calls each server with a token of alice, with her certificate, another one and none.
pub(crate) async fn run() -> Result<()> {
    let issuer = TestIssuer::start().await?;
    let authority = Authority::new()?;
    let (alice, mallory) = (authority.client("alice")?, authority.client("mallory")?);
    let servers = start(issuer.issuer(), AUDIENCE, &authority.server_tls()?).await?;

    // A real issuer binds the token to the certificate with which the client asked for it.
    let token = issuer.token().audience(AUDIENCE).subject("alice");
    let token = token.bound_to_certificate(&alice.certificate).sign();
    let clients: [(&str, Option<&Client>); 3] = [
        ("certificate of alice", Some(&alice)),
        ("certificate of mallory", Some(&mallory)),
        ("no certificate", None),
    ];
    for (server, address) in [
        ("axum-server", servers.axum_server),
        ("hyper", servers.hyper),
    ] {
        for (name, client) in clients {
            let answer = calls::http(address, &authority, client, &token).await?;
            println!("{server}, {name}: {answer}");
        }
    }
    for (name, client) in clients {
        let answer = calls::grpc(servers.tonic, &authority, client, &token).await?;
        println!("tonic, {name}: {answer}");
    }
    Ok(())
}
