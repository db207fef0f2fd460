//! The reasons of rejections, in a fixed order.

/// The values of the label `reason`, without `none`.
pub(super) const REASONS: [&str; 29] = [
    "missing_token",
    "expired",
    "invalid_signature",
    "malformed_token",
    "unknown_issuer",
    "unknown_key",
    "wrong_audience",
    "invalid_request",
    "token_too_large",
    "unsupported_header",
    "algorithm_not_allowed",
    "wrong_token_type",
    "too_many_keys",
    "missing_claim",
    "invalid_claim",
    "unproven_binding",
    "unbound_token",
    "invalid_dpop_proof",
    "use_dpop_nonce",
    "not_yet_valid",
    "inactive",
    "revoked",
    "replayed",
    "insufficient_scope",
    "insufficient_user_authentication",
    "keys_unavailable",
    "introspection_unavailable",
    "check_unavailable",
    "custom",
];

/// Returns the index of a reason.
pub(super) fn index_of(reason: &str) -> usize {
    let found = REASONS.iter().position(|known| *known == reason);
    // Never: a test compares the list with the kinds. Such a reason would be counted as custom.
    found.unwrap_or(REASONS.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn each_kind_of_errors_has_its_index() {
        let mut kinds: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
        kinds.push("custom");
        kinds.sort_unstable();
        let mut reasons = REASONS;
        reasons.sort_unstable();
        assert_eq!(*kinds, reasons);
    }

    #[test]
    fn with_none_a_label_has_at_most_thirty_values() {
        assert!(REASONS.len() < 30, "{} reasons and `none`", REASONS.len());
    }
}
