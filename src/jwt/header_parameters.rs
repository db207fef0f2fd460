//! Header parameters that an audience rule names (RFC 7515 §4).

use super::audience_rule::AudienceRule;
use super::named_claims;
use crate::encoding::base64url;
use crate::error::{Error, ErrorKind};

/// Rejects a token whose header lacks the parameters that the rule names. The header, in base64url,
/// is that of a verified token, so its signature covers it.
pub(crate) fn check_header_parameters(header: &[u8], rule: &AudienceRule) -> Result<(), Error> {
    // The other rules do not read the header again.
    if rule.header_parameters.is_empty() {
        return Ok(());
    }
    let json = base64url::decode(header).and_then(|json| String::from_utf8(json).ok());
    let json = json.ok_or(ErrorKind::MalformedToken)?;
    named_claims::check(&json, &rule.header_parameters)
}
