//! The target `tower_jwt_auth::diagnosis` for a token whose binding is not proven: which check
//! failed, and nothing of the proof, the key and the URI.

use http::Request;
use serde_json::json;
use tower_jwt_auth::{ClientCertificates, Dpop, JwtAuthLayer, PeerAddress, TrustedProxies};

use crate::support::dpop::{
    bound, bound_by, builder_with, client, copy, dpop, layer_with, other_client, post_with,
    presented, proof, proof_by, required, with_nonces,
};
use crate::support::{ask, builder, token, tokio};
use crate::{TURN, capture, text};

/// Returns the event of a request that is rejected. Asserts that the log shows nothing of it.
async fn event(layer: &JwtAuthLayer, request: Request<()>) -> String {
    capture();
    let sent = copy(&request);
    let answer = ask(layer, request).await;
    let kind = answer.kind().expect("a rejection").name();
    let log = text();
    for value in sent.headers().values() {
        for part in value
            .to_str()
            .unwrap()
            .split(['.', ' '])
            .filter(|part| part.len() > 8)
        {
            assert!(!log.contains(part), "{part} in {log}");
        }
    }
    for private in [
        "orders",
        "api.example",
        "evil",
        &client().thumbprint()[..10],
    ] {
        assert!(!log.contains(private), "{private} in {log}");
    }
    let mut events = log
        .lines()
        .filter_map(|line| line.split_once("tower_jwt_auth::diagnosis: "));
    let (_, event) = events.next().unwrap_or_else(|| panic!("{log}"));
    assert!(events.next().is_none(), "{log}");
    let event = event.split(" error.type=").next().unwrap().to_owned();
    assert!(log.contains(&format!("error.type=\"{kind}\"")), "{log}");
    event
}

#[tokio::test]
async fn the_check_of_the_proof_that_failed_is_named() {
    let _turn = TURN.lock().await;
    let layer = layer_with(dpop());
    let token = bound();
    for (proof, expected) in [
        (
            proof(&token).claim("htm", "GET"),
            "htm is not the method of the request",
        ),
        (
            proof(&token).claim("ath", "x"),
            "ath is not the hash of the token",
        ),
        (
            proof_by(other_client(), &token),
            "the token is bound to another key than that of the proof",
        ),
    ] {
        let event = event(&layer, presented(&token, &proof.sign())).await;
        assert_eq!(event, format!("binding: {expected}"));
    }
    let none = post_with(&[("authorization", &format!("DPoP {token}"))]);
    assert_eq!(
        event(&layer, none).await,
        "binding: there is no header DPoP"
    );
    let mut two = presented(&token, "x");
    two.headers_mut().append("dpop", "y".parse().unwrap());
    assert_eq!(
        event(&layer, two).await,
        "binding: there is more than one header DPoP"
    );
    let request = presented(&token, &proof(&token).sign());
    ask(&layer, copy(&request)).await.accepted();
    assert_eq!(
        event(&layer, request).await,
        "binding: the proof was used before"
    );
    let no_nonce = presented(&token, &proof(&token).sign());
    let of_nonce = event(&layer_with(with_nonces()), no_nonce).await;
    assert_eq!(of_nonce, "binding: the proof has no valid nonce");
}

/// The URI is the usual trouble: how it was composed tells what to configure.
#[tokio::test]
async fn that_the_uri_differed_and_how_it_was_composed_is_said_without_its_values() {
    let _turn = TURN.lock().await;
    let token = bound();
    let elsewhere = || {
        let proof = proof(&token).claim("htu", "https://evil.example/orders");
        presented(&token, &proof.sign())
    };
    let from_host = event(&layer_with(dpop()), elsewhere()).await;
    assert!(
        from_host.contains("https (or http on loopback) with the authority and path"),
        "{from_host}"
    );
    let configured: Dpop = dpop().public_origin("https://api.example").unwrap();
    let from_origin = event(&layer_with(configured), elsewhere()).await;
    assert!(from_origin.contains("public_origin"), "{from_origin}");
}

#[tokio::test]
async fn a_token_that_came_in_the_wrong_way_is_named() {
    let _turn = TURN.lock().await;
    let bearer = |token: &str| post_with(&[("authorization", &format!("Bearer {token}"))]);
    let stolen = event(&layer_with(dpop()), bearer(&bound())).await;
    assert_eq!(
        stolen,
        "binding: the token is bound to a key, and came without the scheme DPoP"
    );
    let unbound = token().sign();
    let unbound = event(&layer_with(dpop()), presented(&unbound, "x")).await;
    assert_eq!(
        unbound,
        "binding: the token came with the scheme DPoP, and is not bound to a key"
    );
    let not_required = event(&layer_with(required()), bearer(&token().sign())).await;
    let expected = "binding: found no `cnf`, expected a token that is bound to the client";
    assert_eq!(not_required, expected);
    let certificates = ClientCertificates::from_connection();
    let layer = builder().mtls(certificates.clone()).build().unwrap();
    let cnf = json!({"x5t#S256": client().thumbprint()});
    let none = event(&layer, bearer(&bound_by(cnf))).await;
    let expected =
        "binding: the token is bound to a certificate, and the client has presented none";
    assert_eq!(none, expected);
    let unknown = builder_with(dpop()).mtls(certificates).build().unwrap();
    let unknown = event(&unknown, bearer(&bound_by(json!({"kid": "1"})))).await;
    assert!(
        unknown.starts_with("binding: found a `cnf` that the layer does not check"),
        "{unknown}"
    );
    let certificate = json!({"x5t#S256": client().thumbprint()});
    let other = event(&layer_with(required()), bearer(&bound_by(certificate))).await;
    assert!(
        other.starts_with("binding: found a `cnf` without the binding that the layer requires"),
        "{other}"
    );
}

/// Otherwise, each proof behind the proxy would be rejected without a hint.
#[tokio::test]
async fn a_peer_without_an_address_is_an_error_that_is_logged_once() {
    let _turn = TURN.lock().await;
    capture();
    let proxies = TrustedProxies::networks(["10.11.12.13"]).unwrap();
    let layer = layer_with(dpop().trusted_proxies(proxies));
    let token = bound();
    let by = |peer: Option<[u8; 4]>| {
        let mut request = presented(&token, &proof(&token).sign());
        if let Some(peer) = peer {
            let peer = PeerAddress::Ip(peer.into());
            request.extensions_mut().insert(peer);
        }
        request
    };
    let unknown = "trusted_proxies of Dpop has no effect";
    for peer in [[10, 11, 12, 13], [192, 0, 2, 1]] {
        ask(&layer, by(Some(peer))).await.accepted();
        assert!(!text().contains(unknown), "{}", text());
    }
    for _ in 0..3 {
        ask(&layer, by(None)).await.accepted();
    }
    let text = text();
    let events: Vec<_> = text.lines().filter(|line| line.contains(unknown)).collect();
    assert!(events.len() == 1 && events[0].contains("ERROR"), "{text}");
    assert!(
        !text.contains("10.11.12.13") && !text.contains("api.example"),
        "{text}"
    );
}
