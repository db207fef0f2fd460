//! A gRPC client beside the others, on the same port.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::book::Key;
use crate::client::Range;
use crate::forge;
use crate::random::Random;
use crate::shot::{Shot, Truth};

pub(crate) async fn client(range: Arc<Range>, mut random: Random) {
    let endpoint = Endpoint::try_from(format!("http://{}", range.server)).expect("an address");
    let mut client = HealthClient::new(endpoint.connect_lazy());
    while !range.is_over() {
        sleep(Duration::from_millis(random.below(40))).await;
        let current = range.book().a_current(&mut random);
        // Between two generations there is none for a moment.
        let Some(generation) = current else { continue };
        if random.chance(70) {
            let good = forge::good("gRPC, good", &generation, &mut random);
            check(&range, &mut client, good).await;
        } else {
            let (_, token) = random.pick(&generation.forged);
            let truth = Truth::Depends(Key::Forged(generation.number));
            check(
                &range,
                &mut client,
                Shot::bearing("gRPC, bad", truth, token),
            )
            .await;
        }
    }
}

async fn check(range: &Range, client: &mut HealthClient<Channel>, shot: Shot) {
    let mut request = Request::new(HealthCheckRequest {
        service: String::new(),
    });
    let token = MetadataValue::try_from(format!(
        "Bearer {}",
        shot.token.as_deref().unwrap_or_default()
    ))
    .expect("a token can stand there");
    request.metadata_mut().insert("authorization", token);
    let fired = range.fire(&shot);
    let code = client
        .check(request)
        .await
        .map_or_else(|status| status.code(), |_| Code::Ok);
    range.hit_grpc(&shot, &fired, code);
}
