//! The keys that a diagnosis needs and a verification would not fetch.

use super::examination::known;
use crate::jwk::Header;
use crate::jwt::Unverified;
use crate::jwt::decoded_payload::{self, DecodedPayload};
use crate::keys::KeyQuery;
use crate::verify::check::find;
use crate::verify::{Engine, NeedsKeys};

impl<C> Engine<C> {
    /// Returns what to fetch for a token whose issuer has no keys, if the issuer is known.
    pub(super) fn missing_keys(&self, token: &[u8]) -> Option<NeedsKeys> {
        let token = self.parse(token).ok()?;
        let header = Header::read(token.header, self.rules.max_members, |_, _| Ok(()));
        let (header, ()) = header.ok()?;
        let issuers = self.issuers.load();
        let find = |buffer: &mut Vec<u8>| {
            let payload = DecodedPayload::decode(token.payload, None, buffer)?;
            let claims = Unverified::read(payload, &self.rules).ok()?;
            known(find(&issuers, &claims))
        };
        let issuer = decoded_payload::with_buffer(find)?;
        let algorithm = header.algorithm;
        let is_checked =
            issuer.algorithms.contains(algorithm) && token.check_signature_form(algorithm).is_ok();
        let is_missing = is_checked && issuer.source_for(algorithm).current().is_none();
        let query = KeyQuery::new(header.key_id.as_deref(), algorithm);
        is_missing.then(|| NeedsKeys::new(&issuer, query, None))
    }
}
