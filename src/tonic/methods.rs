//! Which calls: services and methods by name.

use std::collections::HashSet;
use std::sync::Arc;

use crate::head::RequestHead;

/// Whether a call is to one of these: a service (`grpc.health.v1.Health`) with all its methods, or a single method
/// (`grpc.health.v1.Health/Check`). For [`skip`](crate::JwtAuthBuilder::skip).
///
/// Names are compared whole and with case, as tonic's routing does: `demo.Greeter` is neither `demo.GreeterAdmin` nor
/// `demo.Greeter.v2`. tonic's generated code has them as constants, `GreeterServer::<…>::NAME` or `SERVICE_NAME`.
///
/// ```
/// use tower_jwt_auth::RequestHead;
/// use tower_jwt_auth::tonic::grpc_methods;
///
/// let open = grpc_methods(["grpc.health.v1.Health", "demo.Greeter/Version"]);
/// let is_open = |path: &str| open(&RequestHead::from(&http::Request::post(path).body(()).unwrap()));
///
/// assert!(is_open("/grpc.health.v1.Health/Watch"));
/// assert!(is_open("/demo.Greeter/Version"));
/// assert!(!is_open("/demo.Greeter/Hello"));
/// assert!(!is_open("/grpc.health.v1.HealthAdmin/Check"));
/// ```
pub fn grpc_methods(
    names: impl IntoIterator<Item = impl Into<String>>,
) -> impl Fn(&RequestHead<'_>) -> bool + Clone + Send + Sync + 'static {
    let names: Arc<HashSet<String>> = Arc::new(names.into_iter().map(Into::into).collect());
    move |request| {
        method_of(request.uri().path())
            .is_some_and(|(service, full)| names.contains(service) || names.contains(full))
    }
}

/// `package.Service` and `package.Service/Method` from `/package.Service/Method`, and from nothing else.
fn method_of(path: &str) -> Option<(&str, &str)> {
    let full = path.strip_prefix('/')?;
    let (service, method) = full.split_once('/')?;
    let whole = !service.is_empty() && !method.is_empty() && !method.contains('/');
    whole.then_some((service, full))
}

#[cfg(test)]
mod tests {
    use super::grpc_methods;
    use crate::head::RequestHead;

    fn matches(names: &[&str], path: &str) -> bool {
        let request = http::Request::post(path).body(()).unwrap();
        grpc_methods(names.iter().copied())(&RequestHead::from(&request))
    }

    #[test]
    fn a_service_and_a_method_are_matched_whole() {
        assert!(matches(&["demo.Greeter"], "/demo.Greeter/Hello"));
        assert!(matches(&["demo.Greeter"], "/demo.Greeter/Hello?query"));
        assert!(matches(&["demo.Greeter/Hello"], "/demo.Greeter/Hello"));
        assert!(matches(&["demo.Greeter"], "http://host/demo.Greeter/Hello"));
    }

    #[test]
    fn nothing_that_is_only_alike_is_matched() {
        let names = ["demo.Greeter", "demo.Other/Hello", "", "/", "a/"];
        let alike = [
            "/demo.Greeter",
            "/demo.Greeter/",
            "//demo.Greeter/Hello",
            "/demo.Greeter/Hello/",
            "/x/demo.Greeter/Hello",
        ];
        let more = [
            "/demo.Greeter2/Hello",
            "/demo.Gree/Hello",
            "/demo.greeter/Hello",
            "/demo.Greeter%2FHello",
            "/",
            "//",
            "/a/",
        ];
        let others = [
            "/demo.Other/HelloAgain",
            "/demo.Other/Hell",
            "/demo.Other/hello",
            "/demo.Greeter/../secret/X",
            "/a/b",
        ];
        for path in alike.into_iter().chain(more).chain(others) {
            assert!(!matches(&names, path), "{path}");
        }
    }

    #[test]
    fn no_name_opens_nothing() {
        assert!(!matches(&[], "/demo.Greeter/Hello"));
    }
}
