//! A JWK set, configured by the operator and fetched from an issuer.
//!
//! Input: the set.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::value::RawValue;
use tower_jwt_auth::{Algorithm, AlgorithmSet, Key, KeySet};

use super::discovery::fetched_keys;
use super::reading::Members;

/// The largest number of keys that are used, as in `SECURITY.md`.
const MAX_KEYS: usize = 128;

/// The id and the algorithms of a key.
type Sketch = (Option<String>, Vec<Algorithm>);

pub fn check(set: &[u8]) {
    let fetched = fetched_keys(set);
    assert!(fetched.len() <= MAX_KEYS);
    let Ok(text) = std::str::from_utf8(set) else {
        // JSON must be UTF-8 (RFC 8259 §8.1).
        assert_eq!(fetched, []);
        return;
    };
    let usable: Vec<Key> = members(text)
        .iter()
        .filter_map(|json| usable(&canonical(json.get())))
        .collect();
    let given = KeySet::from_json(text);
    assert_eq!(
        given.as_ref().map_or(Vec::new(), sketches),
        expected(&usable, |_| true)
    );
    assert_eq!(
        fetched,
        expected(&usable, |key| !key
            .algorithms()
            .iter()
            .any(Algorithm::is_symmetric))
    );
    if let Ok(given) = given {
        let total = given.keys().count() + given.skipped().len();
        assert!(total <= members(text).len() && given.skipped().len() <= MAX_KEYS);
        assert_shows_no_material(&given, text);
    }
}

/// Returns the text of each key of a set.
fn members(text: &str) -> Vec<Box<RawValue>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Members::read(text.as_bytes()).filter(|document| document.count("keys") == 1);
    document
        .and_then(|document| serde_json::from_str(document.raw("keys")?).ok())
        .unwrap_or_default()
}

/// Returns a JWK in the form that the RFCs require, if it is one that means the same: see
/// `docs/keys.md`.
fn canonical(json: &str) -> String {
    let Some(jwk) = Members::read(json.as_bytes()) else {
        return json.to_owned();
    };
    let is_ec = jwk.string("kty").as_deref() == Some("EC");
    let field = jwk.string("crv").and_then(|curve| match curve.as_str() {
        "P-256" => Some(32),
        "P-384" => Some(48),
        "P-521" => Some(66),
        _ => None,
    });
    let value = |name: &str, raw: &str| {
        let text: String = serde_json::from_str(raw).ok()?;
        Some(match (name, text.as_str()) {
            ("use", "jwt-svid") => "\"sig\"".to_owned(),
            ("kid", "") => "null".to_owned(),
            ("x" | "y", text) if is_ec => format!("{:?}", coordinate(unpadded(text), field?)?),
            ("n" | "e" | "x" | "y" | "pub", text) => serde_json::to_string(unpadded(text)).unwrap(),
            _ => return None,
        })
    };
    let member = |(name, raw): (&str, &str)| {
        let value = value(name, raw).unwrap_or_else(|| raw.to_owned());
        format!("{}:{value}", serde_json::to_string(name).unwrap())
    };
    let members: Vec<_> = jwk.entries().map(member).collect();
    format!("{{{}}}", members.join(","))
}

fn unpadded(text: &str) -> &str {
    let unpadded = text.trim_end_matches('=');
    let padding = text.len() - unpadded.len();
    if text.len().is_multiple_of(4) && padding <= 2 {
        unpadded
    } else {
        text
    }
}

/// Returns a coordinate with the length of the field, if it is not longer.
fn coordinate(text: &str, field: usize) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let significant: Vec<u8> = bytes
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    let missing = field.checked_sub(significant.len())?;
    let padded = [vec![0; missing], significant].concat();
    (!bytes.is_empty()).then(|| URL_SAFE_NO_PAD.encode(padded))
}

/// Returns the expected keys in the order of their ids, those without an id first. Of too many
/// keys, only the first are used.
fn expected(usable: &[Key], wanted: impl Fn(&Key) -> bool) -> Vec<Sketch> {
    let mut keys: Vec<_> = usable
        .iter()
        .filter(|key| wanted(key))
        .take(MAX_KEYS)
        .map(sketch)
        .collect();
    keys.sort_by(|one, two| one.0.cmp(&two.0));
    keys
}

fn sketches(set: &KeySet) -> Vec<Sketch> {
    set.keys().map(sketch).collect()
}

fn sketch(key: &Key) -> Sketch {
    (
        key.key_id().map(ToOwned::to_owned),
        key.algorithms().iter().collect(),
    )
}

/// Parses a single key, and asserts what must hold for every key that is accepted.
fn usable(json: &str) -> Option<Key> {
    let key = Key::from_jwk(json).ok()?;
    let jwk = Members::read(json.as_bytes()).expect("a JSON object");
    assert!(!key.algorithms().is_empty());
    assert_eq!(key.key_id(), jwk.string("kid").as_deref());
    assert!(key.key_id().is_none_or(|id| id.len() <= 512));
    assert!(jwk.is_absent("use") || jwk.string("use").unwrap() == "sig");
    assert!(jwk.is_absent("d") && jwk.is_absent("priv"), "private");
    assert!(
        jwk.is_absent("key_ops")
            || jwk
                .strings("key_ops")
                .unwrap()
                .iter()
                .any(|name| name == "verify")
    );
    let fitting = algorithms_of(&jwk);
    assert!(
        key.algorithms()
            .iter()
            .all(|algorithm| fitting.contains(algorithm)),
        "{fitting:?}"
    );
    if !jwk.is_absent("alg") {
        let name = jwk.string("alg").unwrap();
        let pinned: AlgorithmSet = name.parse::<Algorithm>().unwrap().into();
        assert_eq!(key.algorithms(), pinned);
    }
    Some(key)
}

/// Returns the algorithms that a key of this type and size may be used for (RFC 7518 §3, §6;
/// RFC 8037).
fn algorithms_of(jwk: &Members) -> AlgorithmSet {
    let bytes = |name| URL_SAFE_NO_PAD.decode(jwk.string(name).unwrap()).unwrap();
    let starting = |start: &str| {
        Algorithm::all()
            .filter(|one| one.name().starts_with(start))
            .collect::<Vec<_>>()
    };
    match jwk.string("kty").unwrap().as_str() {
        "RSA" => {
            assert!((2048..=8192).contains(&bits(&bytes("n"))), "its size");
            assert!(
                bytes("e").last().unwrap() % 2 == 1 && bits(&bytes("e")) > 1,
                "its exponent"
            );
            starting("RS").into_iter().chain(starting("PS")).collect()
        }
        "EC" => {
            let (algorithm, length) = match jwk.string("crv").unwrap().as_str() {
                "P-256" => (Algorithm::ES256, 32),
                "P-384" => (Algorithm::ES384, 48),
                _ => (Algorithm::ES512, 66),
            };
            assert_eq!((bytes("x").len(), bytes("y").len()), (length, length));
            algorithm.into()
        }
        "AKP" => {
            let (algorithm, len) = match jwk.string("alg").unwrap().as_str() {
                "ML-DSA-44" => (Algorithm::MlDsa44, 1312),
                "ML-DSA-65" => (Algorithm::MlDsa65, 1952),
                _ => (Algorithm::MlDsa87, 2592),
            };
            assert_eq!(bytes("pub").len(), len);
            algorithm.into()
        }
        "OKP" => {
            assert_eq!(
                (jwk.string("crv").unwrap().as_str(), bytes("x").len()),
                ("Ed25519", 32)
            );
            Algorithm::Ed25519.into()
        }
        kty => {
            assert_eq!(kty, "oct");
            let length = bytes("k").len();
            let min_lengths = [
                (Algorithm::HS256, 32),
                (Algorithm::HS384, 48),
                (Algorithm::HS512, 64),
            ];
            min_lengths
                .into_iter()
                .filter(|(_, min_length)| length >= *min_length)
                .map(|(algorithm, _)| algorithm)
                .collect()
        }
    }
}

fn bits(number: &[u8]) -> usize {
    let significant: Vec<_> = number.iter().skip_while(|byte| **byte == 0).collect();
    let unused = |first: &u8| (0..8).take_while(|bit| first >> (7 - bit) == 0).count();
    significant
        .first()
        .map_or(0, |first| significant.len() * 8 - unused(first))
}

/// Asserts that the `Debug` output of a set contains no key material, except where a key id
/// contains it as well.
fn assert_shows_no_material(set: &KeySet, text: &str) {
    let shown = format!("{set:?}");
    // Key ids and the names of unsupported algorithms are shown.
    let shown_names: Vec<_> = members(text)
        .iter()
        .filter_map(|json| Members::read(json.get().as_bytes()))
        .flat_map(|jwk| [jwk.string("kid"), jwk.string("alg")])
        .flatten()
        .collect();
    for jwk in members(text)
        .iter()
        .filter_map(|json| Members::read(json.get().as_bytes()))
    {
        let material = ["n", "x", "y", "k"]
            .into_iter()
            .filter_map(|name| jwk.string(name));
        for material in material.filter(|material| material.len() >= 16) {
            assert!(
                !shown.contains(&material)
                    || shown_names.iter().any(|name| name.contains(&material)),
                "{shown}"
            );
        }
    }
}
