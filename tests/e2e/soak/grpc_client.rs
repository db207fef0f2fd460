//! A gRPC client, on the same port as the HTTP clients.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::case::{Case, Truth};
use crate::cases;
use crate::http_client::Load;
use crate::oracle::Key;
use crate::random::Random;

pub(crate) async fn client(load: Arc<Load>, mut random: Random) {
    let endpoint = Endpoint::try_from(format!("http://{}", load.server)).expect("an address");
    let mut client = HealthClient::new(endpoint.connect_lazy());
    while !load.is_over() {
        sleep(Duration::from_millis(random.below(40))).await;
        let current = load.oracle().a_current(&mut random);
        // `None` for a moment between two generations.
        let Some(generation) = current else { continue };
        if random.chance(70) {
            let valid = cases::valid("gRPC, valid", &generation, &mut random);
            check(&load, &mut client, valid).await;
        } else {
            let (_, token) = random.pick(&generation.forged);
            let truth = Truth::Depends(Key::Forged(generation.number));
            check(
                &load,
                &mut client,
                Case::bearing("gRPC, invalid", truth, token),
            )
            .await;
        }
    }
}

async fn check(load: &Load, client: &mut HealthClient<Channel>, case: Case) {
    let mut request = Request::new(HealthCheckRequest {
        service: String::new(),
    });
    let token = MetadataValue::try_from(format!(
        "Bearer {}",
        case.token.as_deref().unwrap_or_default()
    ))
    .expect("a token is valid metadata");
    request.metadata_mut().insert("authorization", token);
    let sent = load.sent(&case);
    let code = client
        .check(request)
        .await
        .map_or_else(|status| status.code(), |_| Code::Ok);
    load.check_grpc(&case, &sent, code);
}
