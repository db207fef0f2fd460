//! Clients that disconnect early, send slowly, or do not read the response.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::http::Connection;
use crate::http_client::Load;
use crate::random::Random;

/// Disconnects at every stage of a request, a few dozen times a second.
pub(crate) async fn disconnecting(load: Arc<Load>, mut random: Random) {
    while !load.is_over() {
        match disconnect(&load, &mut random).await {
            Ok(how) => load.tally().count(how),
            Err(error) => load.tally().record_error("a disconnecting client", &error),
        }
        sleep(Duration::from_millis(20 + random.below(60))).await;
    }
}

async fn disconnect(load: &Load, random: &mut Random) -> io::Result<&'static str> {
    let case = load.case(random);
    let mut connection = Connection::open(load.server).await?;
    let how = match random.below(4) {
        0 => "disconnected without a request",
        1 => {
            let half = random.index(case.request.len());
            connection.send(&case.request.as_bytes()[..half]).await?;
            "disconnected in the middle of a request"
        }
        2 => {
            // It may cause a refetch, so the oracle must know.
            load.sent(&case);
            connection.send(case.request.as_bytes()).await?;
            "disconnected after a request"
        }
        _ => {
            load.sent(&case);
            connection.send(case.request.as_bytes()).await?;
            sleep(Duration::from_millis(random.below(400))).await;
            load.sent(&case);
            "disconnected while waiting for the response"
        }
    };
    connection.close(random.chance(50));
    Ok(how)
}

/// Sends requests in small pieces over seconds (slow loris), and completes only half of them.
pub(crate) async fn slow(load: Arc<Load>, mut random: Random) {
    while !load.is_over() {
        if let Err(error) = send_slowly(&load, &mut random).await {
            load.tally().record_error("a slow client", &error);
        }
    }
}

async fn send_slowly(load: &Load, random: &mut Random) -> io::Result<()> {
    let case = load.case(random);
    if case.ends_connection() {
        // The server rejects it before it is complete.
        return Ok(());
    }
    let bytes = case.request.as_bytes();
    let mut connection = Connection::open(load.server).await?;
    let (start, end) = bytes.split_at(bytes.len() - 2);
    for piece in start.chunks(start.len().div_ceil(16)) {
        connection.send(piece).await?;
        sleep(Duration::from_millis(50 + random.below(200))).await;
    }
    if random.chance(50) || load.is_over() {
        connection.close(random.chance(50));
        load.tally().count("sent slowly, and disconnected");
        return Ok(());
    }
    let sent = load.sent(&case);
    connection.send(end).await?;
    let response = connection.receive().await?;
    load.check(&case, &sent, &response);
    load.tally().count("sent slowly, to the end");
    Ok(())
}
