//! `Debug` names the type, so that a log line says what is there, and shows what may be shown.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower_jwt_auth::{
    Authenticator, CheckOutcome, Claims, InsertOutcome, Issuer, JsonClaims, ReplayKey, ReplayStore,
    RequireLayer, TokenSource,
};

use crate::secrets::{key_of, random_secret};
use crate::support::{AUDIENCE, ISSUER, block_on, default_key, public_key};

fn shown(value: &impl Debug) -> String {
    format!("{value:?}")
}

#[test]
fn the_debug_output_names_the_type() {
    let authenticator = Authenticator::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE));
    let authenticator = authenticator.build_authenticator().unwrap();
    let token = default_key().token().issuer(ISSUER).sign();
    let claims: Claims = block_on(authenticator.authenticate(&token)).unwrap();
    let key = key_of(&random_secret());
    let set: tower_jwt_auth::KeySet = key.clone().into();
    for (shown, start) in [
        (shown(&claims), "Claims"),
        (shown(claims.custom()), "JsonClaims"),
        (shown(&JsonClaims::default()), "JsonClaims"),
        (shown(&key), "Key"),
        (shown(&set), "KeySet"),
        (shown(&CheckOutcome::accept()), "Accepted"),
        (shown(&InsertOutcome::Ready(Ok(true))), "Ready"),
        (shown(&TokenSource::authorization()), "TokenSource"),
    ] {
        assert!(shown.starts_with(start), "{shown} does not name {start}");
    }
}

#[test]
fn the_debug_output_of_required_scopes_names_them_as_a_challenge_does() {
    let scopes = ["orders:read", "orders:write"];
    let (all, any) = (
        <RequireLayer>::all_scopes(scopes).unwrap(),
        <RequireLayer>::any_scope(scopes).unwrap(),
    );
    for shown in [shown(&all), shown(&any)] {
        assert!(shown.contains("\"orders:read orders:write\""), "{shown}");
    }
}

/// Keeps what `Debug` shows of the last id.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<String>>);

impl ReplayStore for Recorder {
    fn insert_once(&self, key: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        *self.0.lock().unwrap() = shown(&key);
        InsertOutcome::Ready(Ok(true))
    }
}

#[test]
fn of_the_id_of_a_token_only_the_issuer_is_shown() {
    let recorder = Recorder::default();
    let issuer = Issuer::from_keys(ISSUER, public_key(), AUDIENCE);
    let authenticator = Authenticator::builder(issuer).replay_store(recorder.clone());
    let authenticator = authenticator.build_authenticator().unwrap();
    let token = default_key()
        .token()
        .issuer(ISSUER)
        .claim("jti", "telltale");
    block_on(authenticator.authenticate(&token.sign())).unwrap();
    let shown = recorder.0.lock().unwrap();
    assert!(
        shown.starts_with("ReplayKey") && shown.contains(ISSUER),
        "{shown}"
    );
    assert!(!shown.contains("telltale"), "{shown}");
}
