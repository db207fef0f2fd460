//! A mock of a provider, and the layer that a guide builds for it.

use std::cell::RefCell;
use std::sync::OnceLock;

use http::{Request, Response};
use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Challenge, Claims, ConfigError, Error, ErrorKind, HttpClient, Issuer, JsonClaims,
    JwtAuthBuilder, RejectionResponse, RequestParts,
};

use crate::guide::Guide;
use crate::log;
use crate::support::web::Web;
use crate::support::{Answer, ask, bearer, clock, key, request};
use crate::token::Token;

/// Stands in for the layer in the code of the guides: `builder` is that of [`StandIn`], as the
/// crate's own is one of the layer with the default rejections only.
pub(crate) type JwtAuthLayer = tower_jwt_auth::JwtAuthLayer<JsonClaims, SameRejections>;

pub(crate) trait StandIn {
    /// Returns a builder with the HTTP client and the clock of the test.
    fn builder(issuer: Issuer) -> JwtAuthBuilder<JsonClaims, SameRejections>;
}

impl StandIn for JwtAuthLayer {
    fn builder(issuer: Issuer) -> JwtAuthBuilder<JsonClaims, SameRejections> {
        let issuer = match KEYS.take().expect("a layer is built by a `Site`") {
            Keys::Fetched(client) => issuer.http_client(client),
            Keys::Own => issuer,
        };
        tower_jwt_auth::JwtAuthLayer::builder(issuer)
            .clock(clock())
            .rejection_response(SameRejections)
    }
}

/// The default rejections, as a type of its own.
#[derive(Clone)]
pub(crate) struct SameRejections;

impl<B: Default> RejectionResponse<B> for SameRejections {
    fn rejection_response(&self, error: &Error, request: &RequestParts<'_>) -> Response<B> {
        Challenge::new().rejection_response(error, request)
    }
}

/// The source of keys for the next layer.
enum Keys {
    Fetched(HttpClient),
    /// For these, an HTTP client would be a mistake.
    Own,
}

thread_local! {
    static KEYS: RefCell<Option<Keys>> = const { RefCell::new(None) };
}

/// The provider of a guide.
pub(crate) struct Site {
    guide: Guide,
    web: Web,
    /// The key that signs the guide's tokens, with the key id that they name.
    pub(crate) key: TestKey,
    /// The header that carries tokens in place of `Authorization`.
    header: Option<&'static str>,
}

impl Site {
    /// Returns a provider that serves nothing yet. `guide` is the text of its guide.
    pub(crate) fn new(guide: &str) -> Self {
        let guide = Guide::parse(guide);
        let token = Token::all_of(&guide).swap_remove(0);
        let algorithm = token.parameter("alg").unwrap().parse().unwrap();
        let key = key(algorithm).clone();
        let key = match token.parameter("kid") {
            Some(id) => key.with_key_id(id),
            None => key,
        };
        let web = Web::default();
        let header = None;
        Self {
            guide,
            web,
            key,
            header,
        }
    }

    /// Sets the header that carries tokens, without a scheme. Default: `Authorization`.
    pub(crate) fn with_header(mut self, name: &'static str) -> Self {
        self.header = Some(name);
        self
    }

    fn request(&self, token: &str) -> Request<()> {
        match self.header {
            Some(name) => request(&[(name, token)]),
            None => bearer(token),
        }
    }

    pub(crate) fn publish(&self, url: &str, page: &Value) {
        self.web.publish(url, page);
    }

    /// Publishes a JWK set.
    pub(crate) fn publish_keys(&self, url: &str, keys: impl IntoIterator<Item = Value>) {
        let keys: Vec<_> = keys.into_iter().collect();
        self.publish(url, &json!({ "keys": keys }));
    }

    /// Serves something that is no document, from now on.
    pub(crate) fn fail(&self, url: &str) {
        self.web
            .publish_bytes(url, "<html>under maintenance</html>");
    }

    pub(crate) fn client(&self) -> HttpClient {
        self.web.client()
    }

    /// Returns the URLs that were fetched so far.
    pub(crate) fn fetched(&self) -> Vec<String> {
        self.web.fetched()
    }

    /// Builds the layer of the guide.
    pub(crate) fn layer(
        &self,
        build: impl FnOnce() -> Result<JwtAuthLayer, ConfigError>,
    ) -> JwtAuthLayer {
        self.build(build)
    }

    /// Builds what has one layer of a guide in it.
    pub(crate) fn build<T>(&self, build: impl FnOnce() -> Result<T, ConfigError>) -> T {
        KEYS.set(Some(Keys::Fetched(self.web.client())));
        build().unwrap()
    }

    /// Builds a layer whose keys are not fetched.
    pub(crate) fn layer_with_own_keys(
        build: impl FnOnce() -> Result<JwtAuthLayer, ConfigError>,
    ) -> JwtAuthLayer {
        KEYS.set(Some(Keys::Own));
        build().unwrap()
    }

    /// Returns the token of the guide, issued now.
    pub(crate) fn token(&self) -> Token {
        self.token_at(0)
    }

    /// Returns one of several tokens of the guide, issued now.
    pub(crate) fn token_at(&self, index: usize) -> Token {
        Token::all_of(&self.guide).swap_remove(index)
    }

    /// Asserts that a token is accepted, and returns its claims.
    pub(crate) async fn accepts(&self, layer: &JwtAuthLayer, token: &Token) -> Claims<JsonClaims> {
        self.send(layer, token).await.accepted()
    }

    /// The same for a token that another key signed.
    pub(crate) async fn accepts_text(
        &self,
        layer: &JwtAuthLayer,
        token: &str,
    ) -> Claims<JsonClaims> {
        ask(layer, bearer(token)).await.accepted()
    }

    /// Asserts that a token is rejected with 401, or with 403 if it does not grant enough.
    pub(crate) async fn rejects(&self, layer: &JwtAuthLayer, token: &Token, kind: ErrorKind) {
        let answer = self.send(layer, token).await;
        if kind == ErrorKind::InsufficientScope {
            answer.rejected(403, Some("insufficient_scope"), kind);
        } else {
            answer.invalid_token(kind);
        }
    }

    /// The same for a token of another form, or that another key signed.
    pub(crate) async fn rejects_text(&self, layer: &JwtAuthLayer, token: &str, kind: ErrorKind) {
        ask(layer, bearer(token)).await.invalid_token(kind);
    }

    /// Asserts that a token is rejected, and that the log has each line of the guide's block `text`.
    pub(crate) async fn explains(&self, layer: &JwtAuthLayer, token: &Token, kind: ErrorKind) {
        self.explains_as(0, layer, token, kind).await;
    }

    /// The same for one of several blocks `text`.
    pub(crate) async fn explains_as(
        &self,
        block: usize,
        layer: &JwtAuthLayer,
        token: &Token,
        kind: ErrorKind,
    ) {
        let signed = token.sign(&self.key);
        self.explains_text(block, layer, &signed, kind).await;
        let (log, subject) = (log::text(), token.text("sub"));
        assert!(!log.contains(subject), "{subject:?} is in the log:\n{log}");
    }

    /// The same for a token of another form.
    pub(crate) async fn explains_text(
        &self,
        block: usize,
        layer: &JwtAuthLayer,
        token: &str,
        kind: ErrorKind,
    ) {
        log::capture();
        ask(layer, self.request(token)).await.invalid_token(kind);
        // The first request waits for the keys, in a span that later ones don't have.
        let log = log::text().replace("jwt_auth{wait_for=\"keys\"}: ", "");
        let lines = self.guide.log_lines(block);
        // Wrapped in the guide, one after another in the log.
        lines.iter().fold(log.as_str(), |rest, line| {
            let found = rest.split_once(line.trim());
            let (_, rest) = found.unwrap_or_else(|| panic!("{line:?} is not in the log:\n{log}"));
            rest
        });
        for part in token.split('.').filter(|part| part.len() > 3) {
            assert!(!log.contains(part), "{part:?} is in the log:\n{log}");
        }
    }

    async fn send(&self, layer: &JwtAuthLayer, token: &Token) -> Answer {
        ask(layer, self.request(&token.sign(&self.key))).await
    }

    /// Asserts that a token is rejected if a key signed it that is not published, whatever key id
    /// the token has, and if no key did.
    pub(crate) async fn rejects_other_keys(&self, layer: &JwtAuthLayer, token: &Token) {
        let other = other_key(self.key.algorithm());
        let own_id = token.clone().header("kid", "other");
        let no_id = own_id.clone().without_header("kid");
        let unsigned = token.clone().header("alg", "none");
        for (token, kind) in [
            (token.clone(), ErrorKind::InvalidSignature),
            (own_id, ErrorKind::UnknownKey),
            (no_id, ErrorKind::InvalidSignature),
            (unsigned, ErrorKind::AlgorithmNotAllowed),
        ] {
            let answer = ask(layer, self.request(&token.sign(other))).await;
            answer.named(kind).invalid_token(kind);
        }
    }
}

/// Returns a key of an algorithm that no site publishes.
fn other_key(algorithm: Algorithm) -> &'static TestKey {
    static KEYS: [OnceLock<TestKey>; 2] = [const { OnceLock::new() }; 2];
    shared_key(&KEYS, algorithm)
}

/// Returns another key of an algorithm, which a site may publish beside its own.
pub(crate) fn next_key(algorithm: Algorithm) -> &'static TestKey {
    static KEYS: [OnceLock<TestKey>; 2] = [const { OnceLock::new() }; 2];
    shared_key(&KEYS, algorithm)
}

/// Keys are shared because those of RSA are slow to generate.
fn shared_key(keys: &'static [OnceLock<TestKey>; 2], algorithm: Algorithm) -> &'static TestKey {
    let index = match algorithm {
        Algorithm::RS256 => 0,
        Algorithm::ES256 => 1,
        _ => panic!("no shared key of {algorithm}"),
    };
    keys[index].get_or_init(|| TestKey::generate(algorithm))
}

/// Returns a JWK with other members, as the provider serves it. `null` removes a member.
pub(crate) fn jwk_with(key: &TestKey, members: &Value) -> Value {
    let mut jwk = key.jwk();
    for (name, value) in members.as_object().expect("members") {
        if value.is_null() {
            jwk.as_object_mut().unwrap().remove(name);
        } else {
            jwk[name] = value.clone();
        }
    }
    jwk
}
