//! What the claims say about the purpose of a token.
//!
//! An issuer signs ID tokens and refresh tokens with the keys of its access tokens, and many give
//! all of them the same `typ` in the header. Only signs that no access token has are read here:
//! Dex, for example, writes `at_hash` and `nonce` into access tokens.

use super::claim::Claim;

/// The signs of a purpose that a payload has.
#[derive(Clone, Copy, Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Purpose(u8);

impl Purpose {
    const ID: u8 = 1;
    const REFRESH: u8 = 1 << 1;
    const LOGOUT: u8 = 1 << 2;
    /// The hash of another token, of a code or of a state (OpenID Connect Core §3.3.2.11), or the
    /// nonce of the request (§2).
    const SIGN_IN: u8 = 1 << 3;
    const ENTRA_TENANT: u8 = 1 << 4;
    const ENTRA_VERSION: u8 = 1 << 5;
    const ENTRA_CLIENT: u8 = 1 << 6;
    /// The type of tokens that are bound to a key (RFC 9449 §5).
    const DPOP: u8 = 1 << 7;

    /// Notes a claim with its value, which is a string.
    pub(super) fn note(&mut self, claim: Claim, text: &str) {
        self.0 |= match (claim, text) {
            (Claim::TokenType, text) if text.eq_ignore_ascii_case("DPoP") => Self::DPOP,
            (Claim::Typ | Claim::TokenUse | Claim::TokenType, text) => of_use(text),
            (Claim::AtHash | Claim::CHash | Claim::SHash | Claim::Nonce, _) => Self::SIGN_IN,
            (Claim::Tid, _) => Self::ENTRA_TENANT,
            (Claim::Ver, "1.0" | "2.0") => Self::ENTRA_VERSION,
            (Claim::Appid | Claim::Azp, _) => Self::ENTRA_CLIENT,
            _ => 0,
        };
    }

    /// Returns whether there is no sign at all, as in most access tokens.
    pub(super) const fn is_unknown(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the token says that it is an ID token.
    pub(super) const fn is_id_token(self) -> bool {
        self.has(Self::ID)
    }

    /// Returns whether the token has the form of an ID token of Microsoft Entra ID: it lacks the
    /// client, which is `appid` or `azp` in its access tokens (v1, v2).
    pub(super) const fn is_entra_id_token(self) -> bool {
        self.has(Self::ENTRA_TENANT | Self::ENTRA_VERSION) && !self.has(Self::ENTRA_CLIENT)
    }

    pub(super) const fn is_refresh_token(self) -> bool {
        self.has(Self::REFRESH)
    }

    pub(super) const fn is_logout_token(self) -> bool {
        self.has(Self::LOGOUT)
    }

    /// Returns whether the token has the nonce of a request to sign in, or the hash of something
    /// that was issued with it.
    pub(super) const fn is_of_sign_in(self) -> bool {
        self.has(Self::SIGN_IN)
    }

    /// Returns whether the token says that it is bound to a key.
    pub(super) const fn is_dpop(self) -> bool {
        self.has(Self::DPOP)
    }

    const fn has(self, signs: u8) -> bool {
        self.0 & signs == signs
    }
}

/// Reads `typ` (Keycloak), `token_use` (Amazon Cognito) or `token_type`. Case is ignored, as in the
/// header.
fn of_use(text: &str) -> u8 {
    let is_any = |uses: &[&str]| uses.iter().any(|one| text.eq_ignore_ascii_case(one));
    if is_any(&["id", "id_token"]) {
        Purpose::ID
    } else if is_any(&["refresh", "refresh_token", "offline"]) {
        Purpose::REFRESH
    } else if is_any(&["logout", "logout_token"]) {
        Purpose::LOGOUT
    } else {
        0
    }
}
