//! An AWS Lambda function behind API Gateway: the layer wraps the function.
//!
//! The environment sets `ISSUER` and `AUDIENCE`. The keys are fetched while the function starts,
//! before its first request.
//!
//! Between two requests Lambda freezes the process: no task runs, also not the one that refreshes
//! keys in the background. Nothing has to be set for that. The age of the keys is compared with the
//! clock at each request, so keys that became stale meanwhile are not used; the request fetches them
//! again and waits for it, as the first one of a process does.

mod function;
#[cfg(test)]
mod tests;

use lambda_http::Error;
use tower_jwt_auth::{Issuer, JwtAuthLayer};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let issuer = Issuer::discovery(std::env::var("ISSUER")?, std::env::var("AUDIENCE")?);
    let auth = JwtAuthLayer::builder(issuer).build()?;
    if let Err(error) = auth.authenticator().prefetch().await {
        // Requests try again. An error here would end the process, and a new one would be started.
        eprintln!("no keys yet: {error}");
    }
    lambda_http::run(function::protected(&auth)).await
}
