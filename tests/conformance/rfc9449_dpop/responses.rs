//! The challenges, and what responses contain (RFC 9449 §7.1, §7.2).

use http::header::AUTHORIZATION;
use tower_jwt_auth::{ErrorKind, ProblemDetails};

use crate::support::dpop::{
    ALGS, bound, builder_with, client, dpop, layer_with, post, post_with, presented, proof,
    required, valid, with_nonces,
};
use crate::support::{Answer, ask, block_on, layer, token};

/// Returns the fields of the challenges, in their order.
fn fields(answer: &Answer) -> Vec<&str> {
    let values = answer.headers.get_all("www-authenticate").iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

fn bare() -> String {
    format!("DPoP algs=\"{ALGS}\"")
}

#[test]
fn without_credentials_both_schemes_are_offered_in_fields_of_their_own_without_an_error() {
    let answer = block_on(ask(&layer_with(dpop()), post()));
    assert_eq!(
        (answer.status.as_u16(), answer.kind()),
        (401, Some(ErrorKind::MissingToken))
    );
    assert_eq!(fields(&answer), ["Bearer", &bare()]);
    let answer = block_on(ask(&layer_with(required()), post()));
    assert_eq!(fields(&answer), [bare()]);
    let answer = block_on(ask(&layer(), post()));
    assert_eq!(fields(&answer), ["Bearer"], "without DPoP");
}

#[test]
fn after_a_bearer_token_the_error_is_in_its_challenge_with_dpop_beside_it() {
    let layer = layer_with(dpop());
    let expired = post_with(&[(
        "authorization",
        &format!("Bearer {}", token().expired().sign()),
    )]);
    let answer = block_on(ask(&layer, expired));
    let bearer =
        "Bearer error=\"invalid_token\",error_description=\"the access token has expired\"";
    assert_eq!(fields(&answer), [bearer, &bare()]);
}

#[test]
fn after_a_dpop_token_the_error_is_in_the_only_challenge() {
    let layer = layer_with(dpop());
    let expired = token().bound_to(client()).expired().sign();
    let answer = block_on(ask(&layer, presented(&expired, &proof(&expired).sign())));
    let description = "the access token has expired";
    let expected =
        format!("DPoP error=\"invalid_token\",error_description=\"{description}\",algs=\"{ALGS}\"");
    assert_eq!(fields(&answer), [expected]);
    let answer = block_on(ask(&layer, presented(&bound(), "x")));
    let description = "the DPoP proof is missing or invalid";
    let expected = format!(
        "DPoP error=\"invalid_dpop_proof\",error_description=\"{description}\",algs=\"{ALGS}\""
    );
    assert_eq!(fields(&answer), [expected]);
}

#[test]
fn a_missing_scope_is_403_in_the_scheme_of_the_token() {
    let layer = builder_with(dpop())
        .require_scopes(["a", "b"])
        .build()
        .unwrap();
    let answer = block_on(ask(&layer, valid()));
    let description = "the access token does not grant what the request needs";
    let error = format!("error=\"insufficient_scope\",error_description=\"{description}\"");
    assert_eq!(answer.status, 403);
    assert_eq!(
        fields(&answer),
        [format!("DPoP {error},scope=\"a b\",algs=\"{ALGS}\"")]
    );
    let bearer = post_with(&[("authorization", &format!("Bearer {}", token().sign()))]);
    let answer = block_on(ask(&layer, bearer));
    assert_eq!(
        fields(&answer),
        [format!("Bearer {error},scope=\"a b\""), bare()]
    );
}

#[test]
fn the_realm_is_in_both_and_no_attribute_occurs_twice() {
    let layer = builder_with(dpop()).realm("orders").build().unwrap();
    let answer = block_on(ask(&layer, post()));
    let dpop = format!("DPoP realm=\"orders\",algs=\"{ALGS}\"");
    assert_eq!(fields(&answer), ["Bearer realm=\"orders\"", &dpop]);
    // `Answer` asserts for each challenge that no attribute occurs twice.
    let answer = block_on(ask(&layer, presented(&bound(), "x")));
    assert_eq!(answer.challenges().len(), 1);
}

#[test]
fn the_algorithms_are_in_the_configured_order() {
    use tower_jwt_auth::{Algorithm, Dpop};
    let settings = Dpop::optional().algorithms([Algorithm::Ed25519, Algorithm::ES256]);
    let answer = block_on(ask(&layer_with(settings), post()));
    assert_eq!(
        fields(&answer),
        ["Bearer", "DPoP algs=\"EdDSA Ed25519 ES256\""]
    );
}

#[test]
fn problem_details_have_the_same_headers() {
    let layer = builder_with(with_nonces())
        .rejection_response(ProblemDetails::new().type_prefix("https://api.example/problems/"))
        .build()
        .unwrap();
    let response = block_on(respond(&layer, valid()));
    assert_eq!(response.status(), 401);
    assert!(response.headers().contains_key("dpop-nonce"));
    assert!(
        response
            .body()
            .contains("https://api.example/problems/use_dpop_nonce")
    );
}

#[test]
fn a_nonce_is_told_whatever_makes_the_responses() {
    let layer = builder_with(with_nonces())
        .rejection_response_fn(|_, _| {
            let response = http::Response::builder().status(401);
            response
                .header("cache-control", "private")
                .body(String::new())
                .unwrap()
        })
        .build()
        .unwrap();
    let response = block_on(respond(&layer, valid()));
    assert!(response.headers().contains_key("dpop-nonce"));
    assert_eq!(response.headers()["cache-control"], "private");
}

async fn respond<R>(
    layer: &tower_jwt_auth::JwtAuthLayer<tower_jwt_auth::JsonClaims, R>,
    request: http::Request<()>,
) -> http::Response<String>
where
    R: tower_jwt_auth::RejectionResponse<String> + Clone,
{
    use tower::{Layer as _, ServiceExt as _, service_fn};
    let inner = service_fn(|_: http::Request<()>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    layer.layer(inner).oneshot(request).await.unwrap()
}

#[test]
fn claims_and_errors_show_no_thumbprint() {
    let layer = layer_with(dpop());
    let claims = block_on(ask(&layer, valid())).accepted();
    let thumbprint = client().thumbprint();
    for shown in [
        format!("{claims:?}"),
        format!("{:?}", claims.confirmation()),
        format!("{layer:?}"),
        format!("{:?}", layer.authenticator()),
    ] {
        assert!(!shown.contains(&thumbprint[..8]), "{shown}");
    }
    assert_eq!(
        format!("{:?}", claims.confirmation()),
        "Confirmation { key: true, certificate: false }"
    );
    let answer = block_on(ask(&layer, presented(&bound(), "x")));
    let shown = format!("{:?} {:?}", answer.headers, answer.error);
    assert!(!shown.contains(&thumbprint[..8]), "{shown}");
}

#[test]
fn the_texts_do_not_tell_which_check_of_the_proof_failed() {
    let layer = layer_with(dpop());
    let token = bound();
    let wrong = [
        proof(&token).claim("htm", "GET"),
        proof(&token).claim("htu", "https://evil.example/"),
        proof(&token).claim("ath", "x"),
        proof(&token).without_claim("jti"),
        proof(&token).header("typ", "JWT"),
        proof(&token).claim("iat", 1),
    ];
    let texts = wrong.map(|proof| {
        let answer = block_on(ask(&layer, presented(&token, &proof.sign())));
        format!("{:?}", answer.headers)
    });
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
}

#[test]
fn a_token_in_authorization_needs_no_private_response() {
    let answer = block_on(ask(&layer_with(dpop()), valid()));
    assert_eq!(answer.header("cache-control"), None);
    assert_eq!(answer.header(AUTHORIZATION), None);
}

#[test]
fn without_a_host_the_error_is_in_the_challenge_of_the_scheme_that_was_used() {
    let token = bound();
    let mut request = presented(&token, &proof(&token).sign());
    *request.uri_mut() = "/orders".parse().unwrap();
    let answer = block_on(ask(&layer_with(dpop()), request));
    assert_eq!(answer.status, 400);
    let [challenge] = fields(&answer)[..] else {
        panic!("one challenge")
    };
    assert!(
        challenge.starts_with("DPoP error=\"invalid_request\""),
        "{challenge}"
    );
}
