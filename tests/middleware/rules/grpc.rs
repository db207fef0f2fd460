//! Rules by gRPC method.

use http::{Request, Version};
use tower_jwt_auth::{GrpcRules, RequireLayer, Rule};

use super::below_layer;
use crate::support::{payload, signed};

fn rules() -> RequireLayer {
    let role = |name: &str| Rule::any_of("/roles", [name]).unwrap();
    let rules = GrpcRules::new()
        .add("shop.Orders", role("reader"))
        .and_then(|rules| rules.add("shop.Orders/Delete", role("admin")))
        .and_then(|rules| rules.add("shop.Bills/List", role("reader")));
    RequireLayer::grpc_rules(rules.unwrap())
}

fn status(path: &str, roles: &str) -> String {
    let token = signed(payload(&[("roles", roles)]));
    let request = Request::post(format!("http://shop.example{path}"))
        .version(Version::HTTP_2)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {token}"));
    let response = below_layer(&rules(), request.body(()).unwrap());
    assert_eq!(response.status(), 200);
    let status = response.headers().get("grpc-status");
    status
        .map_or("0", |status| status.to_str().unwrap())
        .to_owned()
}

#[test]
fn a_method_has_its_rule_or_else_that_of_its_service() {
    for (path, roles, expected) in [
        ("/shop.Orders/Get", r#"["reader"]"#, "0"),
        ("/shop.Orders/Get", r#"["admin"]"#, "7"),
        ("/shop.Orders/Delete", r#"["admin"]"#, "0"),
        ("/shop.Orders/Delete", r#"["reader"]"#, "7"),
        ("/shop.Bills/List", r#"["reader"]"#, "0"),
    ] {
        assert_eq!(status(path, roles), expected, "{path} {roles}");
    }
}

#[test]
fn what_is_not_listed_is_rejected_whatever_the_token_says() {
    for path in [
        "/shop.Bills/Delete",
        "/shop.Bills",
        "/shop.Orders",
        "/shop.Orders/",
        "/shop.Orders/Get/x",
        "/shop.orders/Get",
        "//shop.Orders/Get",
        "/shop.OrdersAdmin/Get",
        "/x/shop.Orders/Get",
        "/shop.Orders%2FGet",
        "/grpc.health.v1.Health/Check",
        "/",
    ] {
        assert_eq!(status(path, r#"["reader","admin"]"#), "7", "{path}");
    }
}
