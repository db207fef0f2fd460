//! A check that loads the token's user from a database, and hands it to the handlers. A user whose
//! account is closed is rejected, although the token is valid.
//!
//! ```text
//! cargo run --example user_lookup --features full -- [ADDRESS]
//! ```
//!
//! starts an issuer of its own, with an `SQLite` database in memory, and prints commands to paste,
//! each with the expected response.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::routing::get;
use axum::{Extension, Router};
use rusqlite::{Connection, OptionalExtension as _};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{
    CheckContext, CheckOutcome, Claims, ConfigError, Error, ErrorClass, Issuer, JwtAuthLayer,
    TokenCheck,
};

const AUDIENCE: &str = "https://api.example";

/// A row of the table `users`.
#[derive(Clone)]
struct User {
    name: String,
    is_closed: bool,
}

#[derive(Clone)]
struct Users(Arc<Mutex<Connection>>);

impl Users {
    fn new() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(
            "CREATE TABLE users (subject TEXT PRIMARY KEY, name TEXT, closed INTEGER);
             INSERT INTO users VALUES ('1', 'Alice', 0), ('2', 'Bob', 1);",
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Blocks while the database works.
    fn find(&self, subject: &str) -> rusqlite::Result<Option<User>> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = connection.query_row(
            "SELECT name, closed FROM users WHERE subject = ?1",
            [subject],
            |row| {
                Ok(User {
                    name: row.get(0)?,
                    is_closed: row.get(1)?,
                })
            },
        );
        row.optional()
    }
}

/// The check. Its errors are made, and checked, when the service starts.
struct UserLookup {
    users: Users,
    unknown: Error,
    closed: Error,
    unavailable: Error,
}

impl UserLookup {
    fn new(users: Users) -> Result<Self, ConfigError> {
        let unavailable = "users can't be loaded at present";
        Ok(Self {
            users,
            unknown: Error::custom(ErrorClass::Forbidden, "unknown_user", "the user is unknown")?,
            closed: Error::custom(
                ErrorClass::Forbidden,
                "account_closed",
                "the account is closed",
            )?,
            unavailable: Error::custom(ErrorClass::Unavailable, "no_database", unavailable)?,
        })
    }
}

impl TokenCheck for UserLookup {
    fn check(&self, claims: &Claims, _: &CheckContext<'_>) -> CheckOutcome {
        let Some(subject) = claims.subject().map(ToOwned::to_owned) else {
            return CheckOutcome::reject(self.unknown.clone());
        };
        let (users, unavailable) = (self.users.clone(), self.unavailable.clone());
        let (unknown, closed) = (self.unknown.clone(), self.closed.clone());
        CheckOutcome::pending_with(async move {
            let found = match spawn_blocking(move || users.find(&subject)).await {
                Ok(Ok(found)) => found,
                Ok(Err(error)) => return Err(unavailable.with_source(error)),
                Err(error) => return Err(unavailable.with_source(error)),
            };
            match found {
                None => Err(unknown),
                Some(user) if user.is_closed => Err(closed),
                Some(user) => Ok(user),
            }
        })
    }
}

async fn greet(Extension(user): Extension<User>) -> String {
    format!("hello {}\n", user.name)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let issuer = TestIssuer::start().await?;
    let auth = JwtAuthLayer::builder(Issuer::discovery(issuer.issuer(), AUDIENCE))
        .check(UserLookup::new(Users::new()?)?)
        .build()?;
    let app = Router::new().route("/", get(greet)).layer(auth);

    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    for (subject, expected) in [
        ("1", "200, hello Alice"),
        ("2", "403, the account is closed"),
        ("3", "403, the user is unknown"),
    ] {
        println!("{}", command(&issuer, subject, address, expected));
    }
    axum::serve(listener, app).await?;
    Ok(())
}

fn command(issuer: &TestIssuer, subject: &str, address: SocketAddr, expected: &str) -> String {
    let token = issuer.token().audience(AUDIENCE).subject(subject).sign();
    format!("# {expected}\ncurl -i http://{address}/ -H 'Authorization: Bearer {token}'")
}
