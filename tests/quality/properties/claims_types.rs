//! Whatever a claims type does, and whatever is cached, a token has one outcome, and its registered
//! claims are those of its one JSON document.

use std::fmt;
use std::marker::PhantomData;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, Error, ErrorKind, Issuer, JsonClaims, JwtAuthBuilder, Key,
    TokenCacheSettings,
};

use crate::fuzz::checks::world::CLAIMS;
use crate::properties::support::{
    AUDIENCE, HEADER, ISSUER, NOW, builder, cases, payload, secret, sign,
};
use crate::support::block_on;

/// Reads `meta` in part, ignores its errors, and reads the members around it as they come.
#[derive(Default)]
struct Swallowing<V>(PhantomData<V>);

/// Reads one entry of an object or array, and leaves the others.
struct Partial;

/// Begins to read a value as a string, and ignores that it is none.
struct Wrong;

macro_rules! swallowing_value {
    ($type:ident, $method:ident) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let _ = deserializer.$method(PartialVisitor);
                Ok(Self)
            }
        }
    };
}
swallowing_value!(Partial, deserialize_any);
swallowing_value!(Wrong, deserialize_str);

struct PartialVisitor;

impl<'de> Visitor<'de> for PartialVisitor {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        members.next_entry::<IgnoredAny, Partial>().map(drop)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        elements.next_element::<Partial>().map(drop)
    }
}

struct SwallowingVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for SwallowingVisitor<V> {
    type Value = Swallowing<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while let Ok(Some(name)) = members.next_key::<String>() {
            if name == "meta" {
                let _ = members.next_value::<V>();
            } else if members.next_value::<IgnoredAny>().is_err() {
                break;
            }
        }
        Ok(Swallowing(PhantomData))
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Swallowing<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SwallowingVisitor(PhantomData))
    }
}

/// Reads nothing.
struct Unread;

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

#[derive(Deserialize)]
struct Empty {}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only read")]
enum Untagged {
    Typed {
        sub: String,
        meta: Map<String, Value>,
    },
    Any(Value),
}

/// What is compared: the rejection, or the registered claims.
type Outcome = Result<Read, (ErrorKind, Option<&'static str>)>;

#[derive(Debug, PartialEq)]
struct Read {
    issuer: String,
    subject: Option<String>,
    audience: Vec<String>,
    scopes: Vec<String>,
    id: Option<String>,
    expires_at: std::time::SystemTime,
    json: String,
}

/// Verifies a token in every way that there is: with and without its header cached, itself cached,
/// and beside another issuer.
struct Ways<C> {
    alone: Authenticator<C>,
    beside: Authenticator<C>,
    caching: Authenticator<C>,
}

fn typed<C: DeserializeOwned + Send + Sync + 'static>() -> Ways<C> {
    let other = TestKey::generate(Algorithm::HS256).secret().unwrap();
    let other = Key::from_secret(Algorithm::HS256, other).unwrap();
    let other = Issuer::from_keys("https://other.example", other, AUDIENCE);
    let build = |builder: JwtAuthBuilder| builder.claims::<C>().build_authenticator().unwrap();
    let ways = Ways {
        alone: build(builder()),
        beside: build(builder().add_issuer(other)),
        caching: build(builder().token_cache(TokenCacheSettings::default())),
    };
    // The header of a verified token is cached.
    for authenticator in [&ways.alone, &ways.beside, &ways.caching] {
        let valid = payload(&[("sub", "\"user\""), ("meta", "{}")]);
        let outcome = outcome(authenticator, &sign(&valid));
        assert!(
            matches!(outcome, Ok(_) | Err((ErrorKind::InvalidClaim, None))),
            "{outcome:?}"
        );
    }
    ways
}

fn outcome<C>(authenticator: &Authenticator<C>, token: &str) -> Outcome
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    let texts = |texts: &mut dyn Iterator<Item = &str>| texts.map(ToOwned::to_owned).collect();
    match block_on(authenticator.authenticate(token)) {
        Ok(claims) => Ok(Read {
            issuer: claims.issuer().to_owned(),
            subject: claims.subject().map(ToOwned::to_owned),
            audience: texts(&mut claims.audience()),
            scopes: texts(&mut claims.scopes()),
            id: claims.id().map(ToOwned::to_owned),
            expires_at: claims.expires_at(),
            json: claims.json().to_owned(),
        }),
        Err(error) => Err(reason(&error)),
    }
}

fn reason(error: &Error) -> (ErrorKind, Option<&'static str>) {
    let registered = |claim| {
        let found = CLAIMS.iter().find(|name| **name == claim);
        *found.expect("the name of a registered claim")
    };
    (error.kind(), error.claim().map(registered))
}

impl<C: DeserializeOwned + Send + Sync + 'static> Ways<C> {
    /// Returns the one outcome of a payload, in all ways.
    fn outcome(&self, payload: &str) -> Outcome {
        let token = sign(payload);
        let first = outcome(&self.alone, &token);
        // The header with another member was not seen before.
        let header = format!(
            "{},\"x\":{}}}",
            HEADER.trim_end_matches('}'),
            rand_number(payload)
        );
        let key = TestKey::from_secret(Algorithm::HS256, secret());
        let uncached = key.sign_raw(&header, payload.as_bytes());
        for (way, again) in [
            ("with its header cached", outcome(&self.alone, &token)),
            ("without its header cached", outcome(&self.alone, &uncached)),
            ("beside another issuer", outcome(&self.beside, &token)),
            (
                "beside another issuer, header not cached",
                outcome(&self.beside, &uncached),
            ),
            ("before it is cached", outcome(&self.caching, &token)),
            ("after it was cached", outcome(&self.caching, &token)),
        ] {
            // Beside another issuer, `iss` is found before the other claims are read. If it is not
            // one of the two, that is the reason, whatever else is wrong.
            let is_unknown = again == Err((ErrorKind::UnknownIssuer, None));
            if way.starts_with("beside") && is_unknown && first.is_err() {
                continue;
            }
            assert_eq!(again, first, "{way}: {payload}");
        }
        first
    }
}

/// Returns a number that depends on the text.
fn rand_number(text: &str) -> u64 {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
    BuildHasherDefault::<DefaultHasher>::default().hash_one(text)
}

/// Returns what the document says, read with `serde_json` alone.
fn model(payload: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(payload).ok()
}

/// Asserts that an accepted token's claims are those of the document.
fn assert_agrees(read: &Read, payload: &str) {
    let document = model(payload).unwrap_or_else(|| panic!("accepted, but no JSON: {payload}"));
    let text = |name: &str| {
        document
            .get(name)
            .and_then(Value::as_str)
            .map(ToOwned::to_owned)
    };
    assert_eq!(Some(read.issuer.clone()), text("iss"));
    assert_eq!(read.subject, text("sub"), "{payload}");
    assert_eq!(read.id, text("jti"), "{payload}");
    let exp = document["exp"].as_f64().unwrap();
    let expires_at = read
        .expires_at
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    assert!((expires_at.as_secs_f64() - exp).abs() < 1.0, "{payload}");
    assert!(read.audience.iter().any(|audience| audience == AUDIENCE));
}

struct All {
    json: Ways<JsonClaims>,
    values: Ways<Value>,
    empty: Ways<Empty>,
    untagged: Ways<Untagged>,
    partial: Ways<Swallowing<Partial>>,
    wrong: Ways<Swallowing<Wrong>>,
    option: Ways<Option<Map<String, Value>>>,
    unread: Ways<Unread>,
    ignored: Ways<IgnoredAny>,
}

static ALL: LazyLock<All> = LazyLock::new(|| All {
    json: typed(),
    values: typed(),
    empty: typed(),
    untagged: typed(),
    partial: typed(),
    wrong: typed(),
    option: typed(),
    unread: typed(),
    ignored: typed(),
});

/// Checks one payload with every claims type. Types that can't be deserialized from a sound payload
/// may reject it as a claim that is invalid, and in no other way.
fn check(payload: &str) {
    let expected = ALL.json.outcome(payload);
    if let Ok(read) = &expected {
        assert_agrees(read, payload);
    }
    for outcome in [
        ALL.values.outcome(payload),
        ALL.empty.outcome(payload),
        ALL.untagged.outcome(payload),
        ALL.option.outcome(payload),
        ALL.ignored.outcome(payload),
    ] {
        assert_eq!(outcome, expected, "{payload}");
    }
    for outcome in [
        ALL.partial.outcome(payload),
        ALL.wrong.outcome(payload),
        ALL.unread.outcome(payload),
    ] {
        let unreadable = Err((ErrorKind::InvalidClaim, None));
        assert!(
            outcome == expected || (expected.is_ok() && outcome == unreadable),
            "{outcome:?} is not {expected:?}: {payload}"
        );
    }
}

/// Pieces of JSON, which rarely fit together.
fn piece() -> impl Strategy<Value = String> {
    let registered = prop_oneof![
        Just(format!("\"iss\":\"{ISSUER}\"")),
        Just("\"iss\":\"https://third.example\"".to_owned()),
        Just(format!("\"aud\":\"{AUDIENCE}\"")),
        Just("\"aud\":\"other\"".to_owned()),
        (NOW - 1000..NOW + 1000).prop_map(|exp| format!("\"exp\":{exp}")),
        Just("\"exp\":9000000000".to_owned()),
        Just("\"sub\":\"root\"".to_owned()),
        Just("\"sub\":\"user\"".to_owned()),
        Just("\"\\u0073ub\":\"root\"".to_owned()),
        Just("\"jti\":\"1\"".to_owned()),
        Just("\"scope\":\"admin\"".to_owned()),
        Just("\"scp\":[\"admin\"]".to_owned()),
    ];
    let other = "(\"meta\":|\"x\":|\"a\":1|\"a\":null|\"a\":\"\\\\\"|\\{|\\}|\\[|\\]|,|:|1|\"|null|\"b\"| )";
    prop_oneof![3 => registered, 4 => other.prop_map(String::from)]
}

/// Pieces with or without commas between them.
fn loose() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec((piece(), prop::bool::weighted(0.7)), 0..9);
    pieces.prop_map(|pieces| {
        let texts: Vec<_> = pieces
            .into_iter()
            .map(|(piece, comma)| piece + if comma { "," } else { "" })
            .collect();
        texts.concat().trim_end_matches(',').to_owned()
    })
}

/// Objects inside `meta`, with commas where they belong, cut or closed at random.
fn text() -> impl Strategy<Value = String> {
    let nested = prop::collection::vec(piece(), 0..5).prop_map(|pieces| pieces.join(","));
    let ends = "(\\}|\\}\\}|\\]\\}|\\}\\}\\}||,\\})";
    let start = [
        payload(&[]),
        payload(&[("exp", "")]).replace(",\"exp\":", ""),
    ]
    .map(|payload| payload.trim_end_matches('}').to_owned());
    prop_oneof![
        3 => (prop::sample::select(start.to_vec()), nested, ends, loose(), ends).prop_map(
            |(start, nested, middle, loose, end)| {
                format!("{start},\"meta\":{{{nested}{middle}{loose}{end}")
            },
        ),
        1 => loose().prop_map(|loose| format!("{{{loose}}}")),
    ]
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_token_has_one_outcome_whatever_its_claims_type_does(payload in text()) {
        check(&payload);
    }
}

#[test]
fn an_object_that_is_one_brace_short_is_rejected_whatever_the_claims_type_ignores() {
    for nested in [
        r#""meta":{"a":1,"exp":9000000000,"sub":"root""#,
        r#""meta":{"exp":9000000000,"sub":"root""#,
        r#""meta":["a","sub":"root""#,
        r#""meta":{"a":{"b":1,"sub":"root""#,
        r#""meta":{"a":1},"sub":"root","#,
        r#""meta":"a,"sub":"root""#,
    ] {
        let payload = format!("{{\"iss\":\"{ISSUER}\",\"aud\":\"{AUDIENCE}\",{nested}}}");
        check(&payload);
        let outcome = ALL.partial.outcome(&payload);
        assert_eq!(outcome, Err((ErrorKind::MalformedToken, None)), "{payload}");
    }
}

#[test]
fn the_registered_claims_are_read_although_the_claims_type_reads_nothing() {
    let payload = payload(&[("sub", "\"user\""), ("meta", "{\"sub\":\"root\"}")]);
    check(&payload);
    for outcome in [ALL.ignored.outcome(&payload), ALL.empty.outcome(&payload)] {
        assert_eq!(outcome.unwrap().subject.as_deref(), Some("user"));
    }
}
