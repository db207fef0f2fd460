//! Predicates over gRPC methods.

use std::collections::HashSet;
use std::sync::Arc;

use crate::RequestParts;

/// Returns a predicate for [`skip`](crate::JwtAuthBuilder::skip) and
/// [`only_for`](crate::RequireLayer::only_for): whether a call is to one of these services or
/// methods.
///
/// A name is a service (`grpc.health.v1.Health`), which stands for all its methods, or a single
/// method (`grpc.health.v1.Health/Check`). Names are compared whole and case-sensitively, as
/// tonic's routing does: `demo.Greeter` matches neither `demo.GreeterAdmin` nor `demo.Greeter.v2`.
/// The path is neither decoded nor normalised. tonic's generated code has the names as constants:
/// `GreeterServer::<…>::NAME`, or `SERVICE_NAME`.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::RequestParts;
/// use tower_jwt_auth::tonic::grpc_methods;
///
/// let open = grpc_methods(["grpc.health.v1.Health", "demo.Greeter/Version"]);
/// let is_open = |path: &str| open(&RequestParts::from(&http::Request::post(path).body(()).unwrap()));
///
/// assert!(is_open("/grpc.health.v1.Health/Watch"));
/// assert!(is_open("/demo.Greeter/Version"));
/// assert!(!is_open("/demo.Greeter/Hello"));
/// assert!(!is_open("/grpc.health.v1.HealthAdmin/Check"));
/// ```
pub fn grpc_methods(
    names: impl IntoIterator<Item = impl Into<String>>,
) -> impl Fn(&RequestParts<'_>) -> bool + Clone + Send + Sync + 'static {
    let names: Arc<HashSet<String>> = Arc::new(names.into_iter().map(Into::into).collect());
    move |request| {
        let method = parse(request.uri().path());
        method.is_some_and(|(service, full)| names.contains(service) || names.contains(full))
    }
}

/// Returns `package.Service` and `package.Service/Method` of `/package.Service/Method`. Returns
/// `None` for every other path.
fn parse(path: &str) -> Option<(&str, &str)> {
    let full = path.strip_prefix('/')?;
    let (service, method) = full.split_once('/')?;
    let is_method = !service.is_empty() && !method.is_empty() && !method.contains('/');
    is_method.then_some((service, full))
}

#[cfg(test)]
mod tests {
    use super::grpc_methods;
    use crate::RequestParts;

    fn matches(names: &[&str], path: &str) -> bool {
        let request = http::Request::post(path).body(()).unwrap();
        grpc_methods(names.iter().copied())(&RequestParts::from(&request))
    }

    #[test]
    fn services_and_methods_are_matched_as_a_whole() {
        assert!(matches(&["demo.Greeter"], "/demo.Greeter/Hello"));
        assert!(matches(&["demo.Greeter"], "/demo.Greeter/Hello?query"));
        assert!(matches(&["demo.Greeter/Hello"], "/demo.Greeter/Hello"));
        assert!(matches(&["demo.Greeter"], "http://host/demo.Greeter/Hello"));
    }

    #[test]
    fn similar_paths_are_not_matched() {
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
    fn without_names_nothing_is_matched() {
        assert!(!matches(&[], "/demo.Greeter/Hello"));
    }
}
