//! No type that contains a secret implements `Serialize`, by which it would get into logs and files.

use serde::Serialize;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{DpopNonces, IntrospectionCredentials, Key, KeySet, Keys, Secret};

/// Implemented once for a type that can't be serialized, and twice for one that can: naming it
/// without its parameter compiles only for the first.
trait Unserializable<A> {
    const IS: bool = true;
}

struct Serialized;

impl<T: ?Sized> Unserializable<()> for T {}
impl<T: ?Sized + Serialize> Unserializable<Serialized> for T {}

#[test]
fn nothing_that_contains_a_secret_can_be_serialized() {
    let all = [
        <Secret as Unserializable<_>>::IS,
        <Key as Unserializable<_>>::IS,
        <KeySet as Unserializable<_>>::IS,
        <Keys<'_> as Unserializable<_>>::IS,
        <TestKey as Unserializable<_>>::IS,
        <DpopNonces as Unserializable<_>>::IS,
        <IntrospectionCredentials as Unserializable<_>>::IS,
    ];
    assert!(all.into_iter().all(|is| is));
}
