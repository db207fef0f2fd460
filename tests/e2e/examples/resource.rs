//! The option `--resource`: the metadata of the resource, the challenge and the audience.

use reqwest::StatusCode;
use tower_jwt_auth::testing::TestIssuer;

use crate::harness::Server;
use crate::support::tokio;

const RESOURCE: &str = "https://api.example.com/mcp";
const PATH: &str = "/.well-known/oauth-protected-resource/mcp";

#[tokio::test]
async fn the_resource_is_described_and_its_tokens_are_accepted() {
    let issuer = TestIssuer::start().await.unwrap();
    let options = ["--issuer", issuer.issuer(), "--resource", RESOURCE];
    let server = Server::resource_server(&options).await;
    let answer = server.get(PATH).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let document = answer.json();
    assert_eq!(document["resource"], RESOURCE);
    assert_eq!(document["authorization_servers"][0], issuer.issuer());
    let answer = server.get("/whoami").await;
    let url = format!("resource_metadata=\"https://api.example.com{PATH}\"");
    assert!(answer.challenge().contains(&url), "{answer:?}");
    let token = issuer.token().audience(RESOURCE).sign();
    server.whoami(&token).await.assert_accepted();
    server
        .whoami(&issuer.token().sign())
        .await
        .assert_rejected();
}
