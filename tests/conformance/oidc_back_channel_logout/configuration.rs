//! Settings of the endpoint.

use std::time::Duration;

use tower_jwt_auth::{BackChannelLogout, ConfigErrorKind, Revocations};

use super::support::{CLIENT, logout_token, setup};
use crate::support::tokio;
use crate::support::{NOW, at, builder};

#[test]
fn client_ids_must_be_given_and_not_be_empty() {
    let layer = builder().revocations(&Revocations::new()).build().unwrap();
    let authenticator = layer.authenticator();
    for client_ids in [vec![], vec![""], vec![CLIENT, ""]] {
        let error = BackChannelLogout::new(authenticator, client_ids).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::EmptyAudience);
    }
}

#[test]
fn a_layer_without_a_list_is_rejected() {
    let layer = builder().build().unwrap();
    let error = BackChannelLogout::new(layer.authenticator(), [CLIENT]).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    let expected =
        "BackChannelLogout: the layer has no list that a logout could fill; set revocations";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn the_maximum_age_can_be_set_and_is_bounded() {
    for age in [Duration::from_secs(9), Duration::from_secs(3601)] {
        let error = setup().endpoint.max_age(age).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("must be between 10 s and 1 hour")
        );
    }
    let token = logout_token().issued_at(at(NOW - 100)).sign();
    for (age, status) in [(30, 400), (60, 200)] {
        let mut setup = setup();
        // And the leeway of 60 s.
        let age = Duration::from_secs(age);
        setup.endpoint = setup.endpoint.max_age(age).unwrap();
        assert_eq!(setup.log_out(&token).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn any_of_several_client_ids_is_enough() {
    let layer = builder().revocations(&Revocations::new()).build().unwrap();
    let ids = ["web", "mobile"];
    let endpoint = BackChannelLogout::new(layer.authenticator(), ids).unwrap();
    for (aud, status) in [("web", 200), ("mobile", 200), (CLIENT, 400)] {
        let token = logout_token().audience(aud).sign();
        let request = super::support::post(super::support::form(&token));
        let answer = super::support::ask(&endpoint, request).await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[test]
fn the_debug_output_shows_the_settings() {
    let shown = format!("{:?}", setup().endpoint);
    assert!(
        shown.starts_with("BackChannelLogout { client_ids: "),
        "{shown}"
    );
}
