//! Clients that leave half-way, dribble, or ask and don't listen.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::client::Range;
use crate::http::Connection;
use crate::random::Random;

/// Leaves connections in every way there is, a few dozen a second.
pub(crate) async fn quitter(range: Arc<Range>, mut random: Random) {
    while !range.is_over() {
        match quit(&range, &mut random).await {
            Ok(how) => range.tally().did(how),
            Err(error) => range.tally().broke("a client that leaves", &error),
        }
        sleep(Duration::from_millis(20 + random.below(60))).await;
    }
}

async fn quit(range: &Range, random: &mut Random) -> io::Result<&'static str> {
    let shot = range.shot(random);
    let mut connection = Connection::open(range.server).await?;
    let how = match random.below(4) {
        0 => "left without a word",
        1 => {
            let half = random.index(shot.request.len());
            connection.send(&shot.request.as_bytes()[..half]).await?;
            "left with half a request"
        }
        2 => {
            // It may cost the server a refetch, so the book must know.
            range.fire(&shot);
            connection.send(shot.request.as_bytes()).await?;
            "left at once after a request"
        }
        _ => {
            range.fire(&shot);
            connection.send(shot.request.as_bytes()).await?;
            sleep(Duration::from_millis(random.below(400))).await;
            range.fire(&shot);
            "left while waiting for the answer"
        }
    };
    connection.leave(random.chance(50));
    Ok(how)
}

/// Slow loris: a request in small pieces over seconds, and half of them are never finished.
pub(crate) async fn dribbler(range: Arc<Range>, mut random: Random) {
    while !range.is_over() {
        if let Err(error) = dribble(&range, &mut random).await {
            range.tally().broke("a client that dribbles", &error);
        }
    }
}

async fn dribble(range: &Range, random: &mut Random) -> io::Result<()> {
    let shot = range.shot(random);
    if shot.ends_connection() {
        // Rejected before it is complete.
        return Ok(());
    }
    let bytes = shot.request.as_bytes();
    let mut connection = Connection::open(range.server).await?;
    let (most, rest) = bytes.split_at(bytes.len() - 2);
    for piece in most.chunks(most.len().div_ceil(16)) {
        connection.send(piece).await?;
        sleep(Duration::from_millis(50 + random.below(200))).await;
    }
    if random.chance(50) || range.is_over() {
        connection.leave(random.chance(50));
        range.tally().did("dribbled and left");
        return Ok(());
    }
    let fired = range.fire(&shot);
    connection.send(rest).await?;
    let answer = connection.receive().await?;
    range.hit(&shot, &fired, &answer);
    range.tally().did("dribbled to the end");
    Ok(())
}
