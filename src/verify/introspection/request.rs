//! The request to an introspection endpoint (RFC 7662 §2.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use form_urlencoded::{Serializer, byte_serialize};
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Uri};
use zeroize::Zeroizing;

use super::credentials::{Client, IntrospectionCredentials, Method};

/// The media type of signed responses (RFC 9701 §4).
pub(super) const SIGNED: &str = "application/token-introspection+jwt";

/// RFC 7523 §2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Where and how to ask.
pub(super) struct Question<'q> {
    pub(super) url: &'q Uri,
    /// Whether a secret has to be sent in the body, according to the metadata.
    pub(super) is_secret_posted: bool,
    pub(super) credentials: &'q IntrospectionCredentials,
    /// The client's assertion, if it authenticates with one.
    pub(super) assertion: Option<String>,
    pub(super) is_signed: bool,
}

impl Question<'_> {
    /// Returns the request. The token is in the body only, where it is encoded.
    pub(super) fn about(&self, token: &str) -> Result<Request<Bytes>, http::Error> {
        let accept = if self.is_signed {
            SIGNED
        } else {
            "application/json"
        };
        let mut form = Serializer::new(String::new());
        form.append_pair("token", token)
            .append_pair("token_type_hint", "access_token");
        let authorization = match &self.credentials.method {
            Method::None => None,
            Method::Bearer(token) => Some(Zeroizing::new(format!("Bearer {}", token.as_str()))),
            Method::MutualTls(id) => {
                form.append_pair("client_id", id);
                None
            }
            Method::Assertion { id, .. } => {
                form.append_pair("client_id", id)
                    .append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair(
                        "client_assertion",
                        self.assertion.as_deref().unwrap_or_default(),
                    );
                None
            }
            Method::Post(client) => post(client, &mut form),
            Method::Secret(client) if self.is_secret_posted => post(client, &mut form),
            Method::Secret(client) | Method::Basic(client) => Some(basic(client)),
        };
        let request = Request::post(self.url.clone())
            .header(ACCEPT, accept)
            .header(ACCEPT_ENCODING, "identity")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let mut request = request.body(Bytes::from(form.finish()))?;
        if let Some(authorization) = authorization {
            let mut value = HeaderValue::from_str(&authorization)?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(request)
    }
}

fn post(client: &Client, form: &mut Serializer<'_, String>) -> Option<Zeroizing<String>> {
    form.append_pair("client_id", &client.id)
        .append_pair("client_secret", client.secret.as_str());
    None
}

/// Each part is form-encoded first (RFC 6749 §2.3.1), so neither has a colon.
fn basic(client: &Client) -> Zeroizing<String> {
    let encoded = |text: &str| Zeroizing::new(byte_serialize(text.as_bytes()).collect::<String>());
    let (id, secret) = (encoded(&client.id), encoded(client.secret.as_str()));
    let pair = Zeroizing::new(format!("{}:{}", *id, *secret));
    Zeroizing::new(format!(
        "Basic {}",
        *Zeroizing::new(STANDARD.encode(pair.as_bytes()))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(credentials: &IntrospectionCredentials, is_secret_posted: bool) -> Request<Bytes> {
        let question = Question {
            url: &Uri::from_static("https://login.example/introspect"),
            is_secret_posted,
            credentials,
            assertion: None,
            is_signed: false,
        };
        question.about("a+b/c=").unwrap()
    }

    fn body(request: &Request<Bytes>) -> &str {
        std::str::from_utf8(request.body()).unwrap()
    }

    #[test]
    fn the_token_is_in_the_body_only_and_encoded() {
        let request = request(&IntrospectionCredentials::none(), false);
        assert_eq!(request.method(), http::Method::POST);
        assert_eq!(request.uri(), "https://login.example/introspect");
        assert_eq!(
            body(&request),
            "token=a%2Bb%2Fc%3D&token_type_hint=access_token"
        );
        assert_eq!(request.headers()[ACCEPT], "application/json");
        assert_eq!(request.headers()[ACCEPT_ENCODING], "identity");
        assert_eq!(
            request.headers()[CONTENT_TYPE],
            "application/x-www-form-urlencoded"
        );
        assert!(!request.headers().contains_key(AUTHORIZATION));
    }

    // RFC 6749 §2.3.1 and appendix B: a space is `+`, and UTF-8 is percent-encoded.
    #[test]
    fn id_and_secret_are_form_encoded_before_base64() {
        let credentials = IntrospectionCredentials::client_secret_basic("a:b c", "%+&=:é");
        let request = request(&credentials, true);
        let value = &request.headers()[AUTHORIZATION];
        assert!(value.is_sensitive());
        let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        let pair = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
        assert_eq!(pair, "a%3Ab+c:%25%2B%26%3D%3A%C3%A9");
        assert!(!body(&request).contains("client"));
    }

    #[test]
    fn a_posted_secret_is_encoded_and_in_no_header() {
        let post = IntrospectionCredentials::client_secret_post("me", "a&token=b");
        let either = IntrospectionCredentials::client_secret("me", "a&token=b");
        for request in [request(&post, false), request(&either, true)] {
            assert!(body(&request).ends_with("&client_id=me&client_secret=a%26token%3Db"));
            assert!(!request.headers().contains_key(AUTHORIZATION));
        }
        assert!(
            request(&either, false)
                .headers()
                .contains_key(AUTHORIZATION)
        );
    }

    #[test]
    fn other_credentials_are_a_bearer_token_or_a_client_id() {
        let bearer = request(&IntrospectionCredentials::bearer_token("abc"), false);
        assert_eq!(bearer.headers()[AUTHORIZATION], "Bearer abc");
        let tls = request(&IntrospectionCredentials::mutual_tls("me"), false);
        assert!(body(&tls).ends_with("&client_id=me"));
        assert!(!tls.headers().contains_key(AUTHORIZATION));
    }
}
