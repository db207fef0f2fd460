//! Settings that are rejected when the layer is built.

use std::time::Duration;

use tower_jwt_auth::{
    Algorithm, ConfigErrorKind, Dpop, DpopNonces, ForwardedFields, MemoryReplayStore, TokenSource,
};

use crate::support::builder;
use crate::support::dpop::{builder_with, dpop};

fn kind(dpop: Dpop) -> ConfigErrorKind {
    builder_with(dpop).build().unwrap_err().kind()
}

#[test]
fn settings_that_can_not_work_are_rejected() {
    assert_eq!(kind(dpop().algorithms([])), ConfigErrorKind::NoAlgorithms);
    let settings = [
        dpop().algorithms([Algorithm::HS256, Algorithm::ES256]),
        dpop().max_age(Duration::from_secs(4)),
        dpop().max_age(Duration::from_secs(301)),
        dpop().max_replay_entries(0),
        dpop()
            .max_replay_entries(1)
            .replay_store(MemoryReplayStore::new(1).unwrap()),
        dpop().nonces(DpopNonces::random().lifetime(Duration::from_secs(29))),
        dpop().nonces(DpopNonces::random().lifetime(Duration::from_secs(3601))),
        dpop().forwarded_fields(ForwardedFields::Forwarded),
    ];
    for settings in settings {
        assert_eq!(
            kind(settings.clone()),
            ConfigErrorKind::InvalidSetting,
            "{settings:?}"
        );
        let authenticator = builder_with(settings).build_authenticator();
        assert_eq!(
            authenticator.unwrap_err().kind(),
            ConfigErrorKind::InvalidSetting
        );
    }
}

#[test]
fn keys_of_nonces_that_are_weak_are_rejected() {
    for key in [&[0; 32][..], b"short", b""] {
        let nonces = DpopNonces::with_keys([key]);
        assert_eq!(nonces.unwrap_err().kind(), ConfigErrorKind::WeakSecret);
    }
    let none: [[u8; 32]; 0] = [];
    assert_eq!(
        DpopNonces::with_keys(none).unwrap_err().kind(),
        ConfigErrorKind::InvalidSetting
    );
}

#[test]
fn origins_that_are_no_origin_are_rejected() {
    for (origin, kind) in [
        ("http://api.example", ConfigErrorKind::InsecureUrl),
        ("api.example", ConfigErrorKind::InvalidUrl),
        ("https://", ConfigErrorKind::InvalidUrl),
        ("https://user@api.example", ConfigErrorKind::InvalidUrl),
        ("https://api.example?query", ConfigErrorKind::InvalidUrl),
    ] {
        assert_eq!(
            dpop().public_origin(origin).unwrap_err().kind(),
            kind,
            "{origin}"
        );
    }
    assert!(dpop().public_origin("http://localhost:3000").is_ok());
}

#[test]
fn a_source_that_reads_all_of_authorization_is_rejected_beside_dpop() {
    let sources = || [TokenSource::header(http::header::AUTHORIZATION)];
    assert!(builder().token_sources(sources()).build().is_ok());
    let error = builder_with(dpop())
        .token_sources(sources())
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    assert!(error.to_string().contains("DPoP"), "{error}");
    // No source of one's own can read the scheme as that of a bearer token.
    assert!(TokenSource::header_with_scheme(http::header::AUTHORIZATION, "dpop").is_err());
}
