//! Rejections by what is below the layer.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use tower::ServiceExt as _;
use tower_jwt_auth::{Claims, RequireLayer, Scoped, Scopes};

use super::recorder::Recorder;
use crate::support::tokio;
use crate::support::{builder, token};

struct Write;

impl Scopes for Write {
    const ALL: &'static [&'static str] = &["write"];
}

async fn status(app: &Router, path: &str, token: Option<&str>) -> StatusCode {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_requirement_below_the_layer_tells_the_observers_of_the_layer() {
    let recorder = Recorder::default();
    let auth = builder().optional().add_observer(recorder.clone());
    let require = RequireLayer::all_scopes(["read"]).unwrap();
    let app = Router::new()
        .route("/layer", get(|| async {}).layer(require))
        .route("/scoped", get(|_: Scoped<Write>| async {}))
        .route("/claims", get(|_: Claims| async {}))
        .layer(auth.build().unwrap());
    let token = token().sign();
    for path in ["/layer", "/scoped"] {
        assert_eq!(
            status(&app, path, Some(&token)).await,
            StatusCode::FORBIDDEN
        );
        let told = recorder.take();
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[1], "requirement insufficient_scope");
    }
    for path in ["/layer", "/scoped", "/claims"] {
        assert_eq!(status(&app, path, None).await, StatusCode::UNAUTHORIZED);
        assert_eq!(
            recorder.take(),
            [
                r#"request passed none none """#,
                "requirement missing_token"
            ]
        );
    }
    assert_eq!(status(&app, "/claims", Some(&token)).await, StatusCode::OK);
    assert!(recorder.take_only("requirement").is_empty());
}
