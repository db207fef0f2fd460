//! The ids by which a token can be revoked.

use std::sync::Arc;

use super::registered::{PayloadStr, Registered};
use super::rules::Rules;
use crate::revocation::{Revocable, TokenIds};

impl Registered {
    /// Returns what a list of revocations is compared with, if the layer has one. `text` identifies
    /// a token without `jti`. `payload` is the one that the claims were read from.
    pub(super) fn revocable(
        &self,
        text: &str,
        payload: &str,
        rules: &Rules,
    ) -> Option<Arc<Revocable>> {
        let list = &rules.revocations.as_ref()?.list;
        Some(Arc::new(list.revocable(&self.ids(text, payload))))
    }

    fn ids<'p>(&'p self, identity: &'p str, payload: &'p str) -> TokenIds<'p> {
        let text = |claim: &'p Option<PayloadStr>| Some(claim.as_ref()?.resolve(payload));
        TokenIds {
            issuer: text(&self.iss).unwrap_or_default(),
            id: text(&self.jti),
            text: identity,
            subject: text(&self.sub),
            session: text(&self.sid),
            clients: [text(&self.client_id), text(&self.azp)],
            issued_at: self.iat.map(|iat| iat.0),
        }
    }
}
