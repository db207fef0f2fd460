//! The issuer's process: the test kit's issuer. Each line of its standard input is an order, for
//! what it publishes or for a fault. It executes the orders before `start` when it starts, and
//! confirms every later one by a line with the number of fetches so far. It ends when its input
//! does.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines, Stdin};
use tokio::runtime::Builder;
use tower_jwt_auth::testing::{Fault, TestIssuer};

/// How long responses may be cached: the minimum that the server allows.
const MAX_AGE: Duration = Duration::from_secs(60);

pub(crate) fn serve(address: SocketAddr) -> ExitCode {
    // One thread, so that no request is answered before the first orders are executed.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        let mut orders = Vec::new();
        while let Some(line) = next(&mut lines).await.filter(|line| line != "start") {
            orders.push(line);
        }
        let issuer = TestIssuer::builder()
            .listen(address)
            .max_age(Some(MAX_AGE))
            .start()
            .await;
        let issuer = issuer.expect("the port is free");
        for order in &orders {
            execute(&issuer, order);
        }
        report(&issuer);
        while let Some(order) = next(&mut lines).await {
            execute(&issuer, &order);
            report(&issuer);
        }
    });
    ExitCode::SUCCESS
}

async fn next(lines: &mut Lines<BufReader<Stdin>>) -> Option<String> {
    lines.next_line().await.expect("standard input can be read")
}

fn execute(issuer: &TestIssuer, line: &str) {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match verb {
        "count" => {}
        "keys" => issuer.set_jwks(rest),
        "fault" => issuer.set_fault(fault(rest)),
        "metadata-fault" => issuer.set_metadata_fault(fault(rest)),
        "metadata" => {
            let (name, jwks_uri) = rest.split_once(' ').expect("two URLs");
            issuer.set_metadata_member("issuer", name);
            issuer.set_metadata_member("jwks_uri", jwks_uri);
        }
        "openid" => issuer.set_openid_discovery(rest == "on"),
        _ => panic!("unknown order: {line}"),
    }
}

fn report(issuer: &TestIssuer) {
    println!("ok {} {}", issuer.jwks_fetches(), issuer.metadata_fetches());
}

fn fault(text: &str) -> Option<Fault> {
    let (name, value) = text.split_once(' ').unwrap_or((text, ""));
    Some(match name {
        "none" => return None,
        "hang" => Fault::Hang,
        "close" => Fault::Close,
        "truncated" => Fault::Truncated,
        "garbage" => Fault::Garbage,
        "html" => Fault::Html,
        "empty" => Fault::Empty,
        "no-keys" => Fault::NoKeys,
        "huge" => Fault::Huge,
        "endless" => Fault::Endless,
        "drip" => Fault::Drip,
        "redirect" => Fault::Redirect(value.to_owned()),
        "status" => Fault::Status(value.parse().expect("a status")),
        "delay" => Fault::Delay(Duration::from_millis(value.parse().expect("milliseconds"))),
        "retry-after" => Fault::RetryAfter {
            status: 503,
            seconds: value.parse().expect("seconds"),
        },
        _ => panic!("unknown fault: {text}"),
    })
}
