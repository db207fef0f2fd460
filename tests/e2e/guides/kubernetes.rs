//! Kubernetes. Shapes: "Managing Service Accounts", "Configure Service Accounts for Pods" (service
//! account issuer discovery) and KEP-1393; the token of a pod that "kind" runs. The client of
//! `examples/kubernetes` is tested with `keys/network/private_ca.rs`.

use serde_json::json;
use tower_jwt_auth::{ConfigError, ErrorKind, HttpClient, Issuer};

use crate::site::{JwtAuthLayer, Site, StandIn as _};
use crate::support::tokio;
use crate::support::web::Web;

const CLUSTER: &str = "https://kubernetes.default.svc.cluster.local";
/// The address of the API server, not its name.
const KEYS: &str = "https://172.20.0.3:6443/openid/v1/jwks";

fn auth(http_client: HttpClient) -> Result<JwtAuthLayer, ConfigError> {
    let cluster = "https://kubernetes.default.svc.cluster.local";
    let issuer = Issuer::discovery(cluster, "https://orders.shop.svc").http_client(http_client);
    JwtAuthLayer::builder(issuer).build()
}

fn site() -> Site {
    let site = Site::new(include_str!("../../../docs/providers/kubernetes.md"));
    let metadata = json!({
        "issuer": CLUSTER,
        "jwks_uri": KEYS,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    site.publish(
        &format!("{CLUSTER}/.well-known/openid-configuration"),
        &metadata,
    );
    site.publish_keys(KEYS, [site.key.jwk()]);
    site
}

fn layer(site: &Site) -> JwtAuthLayer {
    // The one of the site takes its place.
    site.layer(|| auth(Web::default().client()))
}

#[tokio::test(start_paused = true)]
async fn the_guides_token_is_accepted() {
    let site = site();
    let claims = site.accepts(&layer(&site), &site.token()).await;
    assert_eq!(claims.subject(), Some("system:serviceaccount:shop:web"));
    let pod = &claims.get("kubernetes.io").unwrap()["pod"]["name"];
    assert_eq!(pod, "web-6d4cf56db6-x2k9p");
}

#[tokio::test(start_paused = true)]
async fn tokens_for_others_are_rejected() {
    let site = site();
    let layer = layer(&site);
    let billing = site.token().claim("aud", ["https://billing.shop.svc"]);
    site.rejects(&layer, &billing, ErrorKind::WrongAudience)
        .await;
    let cluster = "https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E";
    let other_cluster = site.token().claim("iss", cluster);
    site.rejects(&layer, &other_cluster, ErrorKind::UnknownIssuer)
        .await;
    site.rejects_other_keys(&layer, &site.token()).await;
}

/// A controller writes such a token into a Secret. It never expires.
#[tokio::test(start_paused = true)]
async fn the_token_of_a_secret_is_rejected() {
    let site = site();
    let token = site.token().without(&["aud", "exp", "iat", "jti", "nbf"]);
    let token = token
        .without(&["kubernetes.io"])
        .claim("iss", "kubernetes/serviceaccount")
        .claim("kubernetes.io/serviceaccount/namespace", "shop")
        .claim("kubernetes.io/serviceaccount/service-account.name", "web");
    site.rejects(&layer(&site), &token, ErrorKind::UnknownIssuer)
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_log_names_the_audience_of_a_token_for_the_api_server() {
    let site = site();
    let token = site
        .token()
        .claim("aud", ["https://kubernetes.default.svc.cluster.local"]);
    site.explains(&layer(&site), &token, ErrorKind::WrongAudience)
        .await;
}
