//! Requirement 18, for tokens that have the `typ` of access tokens: ID tokens and others that an
//! issuer signs with the same keys are rejected by their claims (RFC 8725 §3.12).
//!
//! The tokens have the claims that their providers document, with made-up values.

use serde_json::{Value, json};
use tower_jwt_auth::{Audience, ErrorKind, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, Answer, ISSUER, NOW, builder, builder_for, default_key, key_set, send, token,
};

const CLIENT: &str = "0a1b2c3d";

fn issuer_for(audience: impl Into<Audience>) -> Issuer {
    Issuer::from_keys(ISSUER, key_set([default_key()]), audience)
}

fn layer_for(audience: impl Into<Audience>) -> JwtAuthLayer {
    builder_for(issuer_for(audience)).build().unwrap()
}

/// Sends a token with these claims and the times.
async fn ask(layer: &JwtAuthLayer, claims: &Value) -> Answer {
    let mut token = token().without_claim("aud").without_claim("jti");
    for (name, value) in claims.as_object().unwrap() {
        token = token.claim(name, value);
    }
    send(layer, &token.sign()).await.named(claims)
}

/// Asserts that with each of the rules the access token is accepted and the ID token is not.
async fn assert_told_apart<const N: usize>(access: &Value, id: &Value, rules: [Audience; N]) {
    for rule in rules {
        ask(&layer_for(rule.clone()), access).await.accepted();
        assert_rejected(rule, id).await;
    }
}

async fn assert_rejected(rule: Audience, id: &Value) {
    let answer = ask(&layer_for(rule), id).await;
    match answer.kind() {
        Some(ErrorKind::InsufficientScope) => {
            answer.rejected(
                403,
                Some("insufficient_scope"),
                ErrorKind::InsufficientScope,
            );
        }
        kind => answer.invalid_token(kind.expect("rejected")),
    }
}

fn cognito_access() -> Value {
    json!({
        "client_id": CLIENT, "token_use": "access", "scope": "orders/read openid",
        "origin_jti": "a", "event_id": "b", "auth_time": NOW, "jti": "c", "username": "alice",
        "version": 2, "cognito:groups": ["staff"],
    })
}

fn cognito_id() -> Value {
    json!({
        "aud": CLIENT, "token_use": "id", "at_hash": "x", "cognito:username": "alice",
        "origin_jti": "a", "event_id": "b", "auth_time": NOW, "jti": "d", "email_verified": true,
        "email": "alice@mail.example", "cognito:groups": ["staff"],
    })
}

#[tokio::test]
async fn an_id_token_of_cognito_is_rejected_whatever_the_rule() {
    let rules = [
        Audience::claim("client_id", [CLIENT]),
        Audience::claim("client_id", [CLIENT]).and_claim("token_use", ["access"]),
        Audience::dangerous_any_with_scope("orders/read"),
        Audience::dangerous_any_with_claim("token_use", ["access"]),
        Audience::dangerous_any_with_claim("cognito:groups", ["staff"]),
    ];
    assert_told_apart(&cognito_access(), &cognito_id(), rules).await;
    // Its access tokens have no `aud`, so this rule accepts neither.
    for rule in [Audience::from(CLIENT), Audience::from([AUDIENCE, CLIENT])] {
        let answer = ask(&layer_for(rule), &cognito_id()).await;
        answer.invalid_token(ErrorKind::WrongTokenType);
    }
}

fn keycloak(typ: &str, aud: &Value) -> Value {
    json!({
        "aud": aud, "typ": typ, "azp": CLIENT, "jti": "a", "auth_time": NOW, "sid": "s", "acr": "1",
        "email_verified": true, "preferred_username": "alice", "email": "alice@mail.example",
    })
}

fn keycloak_access(aud: &Value) -> Value {
    let mut access = keycloak("Bearer", aud);
    access["scope"] = json!("openid orders:read");
    access["realm_access"] = json!({"roles": ["offline_access"]});
    access["allowed-origins"] = json!(["https://app.example"]);
    access
}

#[tokio::test]
async fn an_id_token_of_keycloak_is_rejected_whatever_the_rule() {
    let mut id = keycloak("ID", &json!(CLIENT));
    id["at_hash"] = json!("x");
    let any = || {
        [
            Audience::dangerous_any_with_scope("orders:read"),
            Audience::dangerous_any_with_claim("azp", [CLIENT]),
        ]
    };
    let rules = [
        Audience::from(AUDIENCE),
        Audience::from(AUDIENCE).and_claim("azp", [CLIENT]),
    ];
    let access = keycloak_access(&json!([AUDIENCE, "account"]));
    assert_told_apart(&access, &id, rules).await;
    assert_told_apart(&access, &id, any()).await;
    // Without an audience mapper and without roles, there is no `aud`.
    let mut access = keycloak_access(&json!([]));
    assert_told_apart(&access, &id, [Audience::claim("azp", [CLIENT])]).await;
    // The client as the audience of both.
    access["aud"] = json!(CLIENT);
    assert_told_apart(&access, &id, [Audience::from(CLIENT)]).await;
    assert_told_apart(&access, &id, any()).await;
    id["aud"] = json!([]);
    assert_rejected(Audience::claim("azp", [CLIENT]), &id).await;
}

#[tokio::test]
async fn a_refresh_token_of_keycloak_is_rejected_whatever_the_exceptions() {
    for typ in ["Refresh", "Offline", "refresh", "REFRESH"] {
        let refresh = keycloak(typ, &json!(AUDIENCE));
        let layer = builder_for(issuer_for(AUDIENCE).allow_id_tokens())
            .build()
            .unwrap();
        ask(&layer, &refresh)
            .await
            .invalid_token(ErrorKind::WrongTokenType);
        let layer = builder().token_types(["JWT"]).build().unwrap();
        ask(&layer, &refresh)
            .await
            .invalid_token(ErrorKind::WrongTokenType);
    }
}

#[tokio::test]
async fn a_logout_token_is_accepted_only_where_its_type_is_listed() {
    let logout = keycloak("Logout", &json!(AUDIENCE));
    ask(&layer_for(AUDIENCE), &logout)
        .await
        .invalid_token(ErrorKind::WrongTokenType);
    let layer = builder().token_types(["logout+jwt"]).build().unwrap();
    let typed = token()
        .header("typ", "logout+jwt")
        .claim("typ", "Logout")
        .sign();
    send(&layer, &typed).await.accepted();
}

// An ID token has no claim that none of Auth0's access tokens has; `aud` tells them apart.
#[tokio::test]
async fn an_id_token_of_auth0_is_rejected_unless_the_client_is_the_configured_audience() {
    let access = json!({
        "aud": [AUDIENCE, "https://tenant.auth0.example/userinfo"], "azp": CLIENT,
        "scope": "openid profile read:orders", "permissions": ["read:orders"],
    });
    let id = json!({
        "aud": CLIENT, "nonce": "n", "sid": "s", "name": "Alice", "nickname": "alice",
        "picture": "https://pictures.example/a.png", "updated_at": "2026-01-01T00:00:00.000Z",
        "email": "alice@mail.example", "email_verified": true,
    });
    let rules = [
        Audience::from(AUDIENCE),
        Audience::from([AUDIENCE, CLIENT]).and_claim_present("azp"),
        Audience::from([AUDIENCE, CLIENT]).and_scope("read:orders"),
        Audience::dangerous_any_with_scope("read:orders"),
        Audience::dangerous_any_with_claim("azp", [CLIENT]),
    ];
    assert_told_apart(&access, &id, rules).await;
    for rule in [
        Audience::claim("azp", [CLIENT]),
        Audience::claim("sub", ["test-subject"]),
    ] {
        let answer = ask(&layer_for(rule), &id).await;
        answer.invalid_token(ErrorKind::WrongAudience);
    }
    ask(&layer_for(CLIENT), &id).await.accepted();
}

/// Claims of all tokens of Entra ID.
fn entra(ver: &str, aud: &str) -> Value {
    json!({
        "aud": aud, "ver": ver, "tid": "72f988bf", "oid": "690222be", "uti": "u", "rh": "r",
        "name": "Alice", "preferred_username": "alice@mail.example", "nbf": NOW, "aio": "a",
    })
}

fn with(mut claims: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

#[tokio::test]
async fn an_id_token_of_entra_is_rejected_even_if_the_client_is_the_api() {
    const API: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
    for (ver, client, class) in [("1.0", "appid", "appidacr"), ("2.0", "azp", "azpacr")] {
        for aud in [API, "api://00001111-aaaa-2222-bbbb-3333cccc4444"] {
            let user = json!({client: CLIENT, class: "1", "scp": "access_as_user"});
            let app = json!({client: CLIENT, class: "1", "roles": ["reader"], "idtyp": "app"});
            for access in [user, app].map(|more| with(entra(ver, aud), &more)) {
                // The ID token of another client, and of the API itself, with and without `nonce`.
                for client_of_id in [CLIENT, aud] {
                    let id = with(entra(ver, client_of_id), &json!({"roles": ["reader"]}));
                    let with_nonce = with(id.clone(), &json!({"nonce": "n", "idp": "live"}));
                    for id in [id, with_nonce] {
                        let any = Audience::dangerous_any_with_claim("tid", ["72f988bf"]);
                        assert_told_apart(&access, &id, [Audience::from(aud), any]).await;
                    }
                }
            }
        }
    }
}

// Each of these is or was in access tokens of some issuer, such as Dex, authentik and Okta.
#[tokio::test]
async fn access_tokens_with_some_claims_of_id_tokens_are_accepted() {
    for access in [
        json!({"nonce": "n", "at_hash": "x", "email": "alice@mail.example", "groups": ["a"]}),
        json!({"nonce": "n", "c_hash": "x", "azp": CLIENT, "uid": "u"}),
        json!({"ver": 1, "cid": CLIENT, "uid": "u", "scp": ["a"]}),
        json!({"ver": "1.0", "scope": "a"}),
        json!({"ver": "2.0", "tid": null}),
        json!({"tid": "acme"}),
        json!({"tid": "acme", "ver": "3.1"}),
        json!({"tid": 1, "ver": "1.0"}),
        json!({"typ": "Bearer", "token_type": "Bearer", "token_use": "access"}),
        json!({"typ": "DPoP"}),
        json!({"typ": "identity"}),
        json!({"typ": null, "token_use": ["id"], "token_type": 1}),
        json!({"use": "id", "type": "app"}),
        json!({"nested": {"typ": "ID", "token_use": "id"}}),
    ] {
        let access = with(json!({"aud": AUDIENCE}), &access);
        ask(&layer_for(AUDIENCE), &access).await.accepted();
    }
}

// RFC 9068 §2.1: the type of the header says what it is.
#[tokio::test]
async fn a_token_with_the_type_of_an_access_token_need_not_look_like_one() {
    let entra = token().claim("tid", "acme").claim("ver", "2.0");
    let layer = layer_for(AUDIENCE);
    let answer = send(&layer, &entra.sign()).await;
    answer.invalid_token(ErrorKind::WrongTokenType);
    send(&layer, &entra.header("typ", "at+jwt").sign())
        .await
        .accepted();
    let contradicting = token().claim("typ", "ID").header("typ", "at+jwt").sign();
    send(&layer, &contradicting)
        .await
        .invalid_token(ErrorKind::WrongTokenType);
}

#[tokio::test]
async fn with_a_rule_for_any_audience_a_nonce_or_a_hash_is_that_of_an_id_token() {
    let rule = || Audience::dangerous_any_with_scope("a");
    for sign in ["nonce", "at_hash", "c_hash", "s_hash"] {
        let id = json!({sign: "x", "scope": "a", "aud": "other"});
        ask(&layer_for(rule()), &id)
            .await
            .invalid_token(ErrorKind::WrongTokenType);
        let layer = builder_for(issuer_for(rule()).allow_id_tokens())
            .build()
            .unwrap();
        ask(&layer, &id).await.accepted();
    }
}

#[tokio::test]
async fn id_tokens_of_one_issuer_can_be_accepted() {
    let layer = builder_for(issuer_for([AUDIENCE, CLIENT]).allow_id_tokens())
        .build()
        .unwrap();
    for id in [
        cognito_id(),
        keycloak("ID", &json!(CLIENT)),
        entra("1.0", CLIENT),
        entra("2.0", CLIENT),
    ] {
        ask(&layer, &id).await.accepted();
        let other = with(id, &json!({"aud": "other-client"}));
        ask(&layer, &other)
            .await
            .invalid_token(ErrorKind::WrongAudience);
    }
}

#[tokio::test]
async fn the_use_of_a_token_is_read_whatever_its_case_and_escapes() {
    for (claim, value) in [
        ("typ", "\"id\""),
        ("typ", "\"I\\u0044\""),
        ("t\\u0079p", "\"ID\""),
        ("token_use", "\"Id\""),
        ("token_type", "\"id_token\""),
        ("token_type", "\"refresh\""),
        ("token_use", "\"refresh_token\""),
    ] {
        let token = crate::support::signed(crate::support::payload(&[(claim, value)]));
        let answer = send(&layer_for(AUDIENCE), &token)
            .await
            .named((claim, value));
        answer.invalid_token(ErrorKind::WrongTokenType);
    }
}
