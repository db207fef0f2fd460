//! An actix-web server: a middleware asks an `Authenticator` about each request.
//!
//! ```text
//! cargo run --manifest-path examples/frameworks/actix/Cargo.toml -- ISSUER AUDIENCE [ADDRESS]
//! ```

mod auth;
#[cfg(test)]
mod tests;

use std::error::Error;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ReqData, ServiceConfig};
use actix_web::{App, HttpServer, rt::System};
use tower_jwt_auth::{Authenticator, Claims, Issuer, JwtAuthLayer};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(issuer), Some(audience)) = (args.next(), args.next()) else {
        return Err("usage: with_actix ISSUER AUDIENCE [ADDRESS]".into());
    };
    let address = args.next().unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let issuer = Issuer::discovery(issuer, audience);
    let auth = JwtAuthLayer::builder(issuer).build_authenticator()?;
    System::new().block_on(serve(auth, &address))
}

async fn serve(auth: Authenticator, address: &str) -> Result<(), Box<dyn Error>> {
    auth.prefetch().await?;
    // All workers share the authenticator, and so its keys.
    let app = move || App::new().configure(|config| routes(config, &auth));
    let server = HttpServer::new(app).bind(address)?;
    println!("listening on http://{address}");
    Ok(server.run().await?)
}

fn routes(config: &mut ServiceConfig, auth: &Authenticator) {
    let protected = web::scope("/api")
        .app_data(web::Data::new(auth.clone()))
        .wrap(from_fn(auth::require_token))
        .route("/whoami", web::get().to(whoami));
    config.service(protected);
    config.route("/public", web::get().to(async || "this is public\n"));
}

async fn whoami(claims: ReqData<Claims>) -> String {
    format!("hello {}\n", claims.subject().unwrap_or("anonymous"))
}
