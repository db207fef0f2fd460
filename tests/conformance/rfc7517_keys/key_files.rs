//! Public keys in PEM and DER form, as OpenSSL writes them (RFC 7468, RFC 5280 §4.1.2.7, RFC 8017
//! §A.1.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tower_jwt_auth::{Algorithm, AlgorithmSet, ConfigErrorKind, Key};

/// From `openssl rsa -pubout`.
const RSA: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyoxapnFPwb4YR/G4vgFu\n\
HadBpThV3fQ0JI/sJ52ctJj5jpXUQBqS1/YFxMZp0aOm6IqYOd8O50xzCjZc+YaW\n\
ImjHIVMglolrTIUA1YwbqV3+QU4iemNmWh1lD5NIpInyGd/b9MyTQOJUFsGU+F3M\n\
B83dzP4UYK3LPYjDdS2ZT7XSdQmVWlGR+Gk6j6JcjZAsaBVljGdtYY3z/WNsl8Dw\n\
hHMbCZRq1Q3rM30n4JeGhDGkDeoEI7LNyrA8fpAZY/d8QhrYabAACfGDHxP6eaQo\n\
MGyAkke578lF0vj//86J6p/4hCLU+QDF36CiXC9ab4KtNxqnBe9MGqXuYWJN/Gye\n\
AwIDAQAB\n\
-----END PUBLIC KEY-----\n";

/// The same key, from `openssl rsa -RSAPublicKey_out`.
const RSA_PKCS1: &str = "\
-----BEGIN RSA PUBLIC KEY-----\n\
MIIBCgKCAQEAyoxapnFPwb4YR/G4vgFuHadBpThV3fQ0JI/sJ52ctJj5jpXUQBqS\n\
1/YFxMZp0aOm6IqYOd8O50xzCjZc+YaWImjHIVMglolrTIUA1YwbqV3+QU4iemNm\n\
Wh1lD5NIpInyGd/b9MyTQOJUFsGU+F3MB83dzP4UYK3LPYjDdS2ZT7XSdQmVWlGR\n\
+Gk6j6JcjZAsaBVljGdtYY3z/WNsl8DwhHMbCZRq1Q3rM30n4JeGhDGkDeoEI7LN\n\
yrA8fpAZY/d8QhrYabAACfGDHxP6eaQoMGyAkke578lF0vj//86J6p/4hCLU+QDF\n\
36CiXC9ab4KtNxqnBe9MGqXuYWJN/GyeAwIDAQAB\n\
-----END RSA PUBLIC KEY-----\n";

/// From `openssl ec -pubout`.
const P256: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEctqF8Eh4hBql3Afwe4+zTh7ding3\n\
OcGSnoHEkQfqgE14jgSN8rPxfBdXDQs+yU1rCY91eYYuS65nD5Nsc+fTlg==\n\
-----END PUBLIC KEY-----\n";

/// As above.
const P384: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEjzfkKz5cEis1Qa8n30EAhmVj1nfmwUsY\n\
XaBK1mZvGWMLqMCFmV+Fn19bubYAm87Ac8bmyhepvfj1P9qfGQUpEhQKb/CvzS5O\n\
P8v2fHny83KQ5j9SZGyC2Tu+zhwRZ5z8\n\
-----END PUBLIC KEY-----\n";

/// As above.
const P521: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAp2RbuQZ87ol/yAD69xKDCo/IT7u1\n\
hSX+NjmswVky/36FohL9OI0sqIcceRo/EZme55CGYbSAA5uoiTeh2EdS92kAwL1j\n\
Y3YTPxI2TVGahocTQTWo75CqwV5sL26Pv7o4S3Ibs74ApFX/YJobfno/q3XC8nze\n\
FND8rj8zCqXm7HNga9E=\n\
-----END PUBLIC KEY-----\n";

/// A key on a curve that is not supported.
const SECP256K1: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE+JFXGTgqras6QoAZlwYIgsgHAtbUsac6\n\
SQ3DbVqw9zjqZ21e0BzslRP9/ddG+8D3hT1OgzS14hnaK/e6rlX8ig==\n\
-----END PUBLIC KEY-----\n";

/// A P-256 key with a compressed point, which no JWK has.
const COMPRESSED: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACKV+gLlFRoJ2kwS+H4PIV3bK1PKxl\n\
KtL6eVrwhLnoVTA=\n\
-----END PUBLIC KEY-----\n";

/// A key that is not for signatures.
const X25519: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MCowBQYDK2VuAyEACAWwR/e5yFXK/4RPgRM5oXEiTBv4k3VbVGBdFGPOfD4=\n\
-----END PUBLIC KEY-----\n";

/// A key that is too short.
const RSA_1024: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC1nwbEl+0/YBHdBQUWkR/Wa2XG\n\
7wbzalsBXxU2wEasA25VIoy/dxpSeprvgSob/iXvjmH9yktmcbgUruyYdYGa2MZX\n\
YKaIx0Y+r+HRSWLp3pdxcsSEvsJiRCvY3gAbnO3Yn423FxR2JowyIVKmXuajVDrR\n\
35GZNf/AmvTTtwrBswIDAQAB\n\
-----END PUBLIC KEY-----\n";

/// From RFC 8410 §10.1.
const ED25519: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
-----END PUBLIC KEY-----\n";

fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(lines).unwrap()
}

fn armoured(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

#[track_caller]
fn unusable(key: Result<Key, tower_jwt_auth::ConfigError>) {
    assert_eq!(key.unwrap_err().kind(), ConfigErrorKind::UnusableKey);
}

#[test]
fn keys_that_openssl_writes_are_accepted() {
    use Algorithm::{ES256, ES384, ES512, Ed25519, PS256, PS384, PS512, RS256, RS384, RS512};
    let rsa: AlgorithmSet = [RS256, RS384, RS512, PS256, PS384, PS512]
        .into_iter()
        .collect();
    let keys = [
        (RSA, rsa),
        (P256, ES256.into()),
        (P384, ES384.into()),
        (P521, ES512.into()),
        (ED25519, Ed25519.into()),
    ];
    for (pem, algorithms) in keys {
        assert_eq!(
            Key::from_pem(pem).unwrap().algorithms(),
            algorithms,
            "{pem}"
        );
        assert_eq!(
            Key::from_der(der(pem)).unwrap().algorithms(),
            algorithms,
            "{pem}"
        );
    }
    assert_eq!(Key::from_pem(RSA_PKCS1).unwrap().algorithms(), rsa);
}

#[test]
fn a_pem_key_may_have_other_line_ends_and_text_around_it() {
    for pem in [
        P256.replace('\n', "\r\n"),
        P256.replace('\n', "\n  "),
        format!("of the issuer\n{P256}\nthe end\n"),
    ] {
        assert!(Key::from_pem(&pem).is_ok(), "{pem}");
    }
}

const P_224: &str = "-----BEGIN PUBLIC KEY-----
ME4wEAYHKoZIzj0CAQYFK4EEACEDOgAE23eYzFVHVuERBCrOM5itxj+Jo+c1wK17
hYZU0BstJ8y9jGh/fYdPQcQXfDMo3k/4DIxRe6y4hSQ=
-----END PUBLIC KEY-----
";

#[test]
fn the_error_tells_another_curve_from_a_compressed_point() {
    let text = |pem: &str| Key::from_pem(pem).unwrap_err().to_string();
    assert!(
        text(P_224).contains("has no curve that its type supports"),
        "{}",
        text(P_224)
    );
    let compressed = text(COMPRESSED);
    assert!(
        compressed.contains("values that do not form a key"),
        "{compressed}"
    );
}

#[test]
fn unsupported_and_weak_keys_are_rejected() {
    for pem in [SECP256K1, COMPRESSED, X25519, RSA_1024] {
        unusable(Key::from_pem(pem));
        unusable(Key::from_der(der(pem)));
    }
}

#[test]
fn private_keys_certificates_and_several_keys_are_rejected() {
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "CERTIFICATE",
        "KEY",
        "",
    ] {
        unusable(Key::from_pem(armoured(label, &der(P256))));
    }
    unusable(Key::from_pem(format!("{P256}{P384}")));
    unusable(Key::from_pem(P256.replace("END PUBLIC", "END RSA PUBLIC")));
    unusable(Key::from_pem(
        P256.replace("-----END PUBLIC KEY-----\n", ""),
    ));
    unusable(Key::from_pem(""));
    unusable(Key::from_pem(b"\xff"));
}

#[test]
fn truncated_and_extended_der_is_rejected() {
    for pem in [RSA, P256, P384, P521, ED25519] {
        let valid = der(pem);
        for length in 0..valid.len() {
            unusable(Key::from_der(&valid[..length]));
        }
        unusable(Key::from_der([&valid[..], &[0]].concat()));
        unusable(Key::from_pem(armoured("RSA PUBLIC KEY", &valid)));
    }
    unusable(Key::from_der(der(RSA_PKCS1)));
}
