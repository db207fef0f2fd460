//! Reading the logout token of a request (OpenID Connect Back-Channel Logout 1.0 §2.5).

use std::borrow::Cow;
use std::error::Error as StdError;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// The maximum length of the body. A logout token has less than 2 KiB.
const MAX_LEN: usize = 64 * 1024;
/// How long a body may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(10);
const FORM: &str = "application/x-www-form-urlencoded";
const PARAMETER: &[u8] = b"logout_token";

/// Why a request has no logout token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoToken {
    /// For the response.
    Invalid(&'static str),
    TooLarge,
}

/// Reads the body, and returns the only logout token in it.
pub(super) async fn read<B>(headers: &HeaderMap, body: B) -> Result<String, NoToken>
where
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    if !is_form(headers) {
        return Err(NoToken::Invalid(
            "the content type must be application/x-www-form-urlencoded",
        ));
    }
    only_token(&collect(body).await?)
}

async fn collect<B>(body: B) -> Result<Bytes, NoToken>
where
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let collected = Limited::new(body, MAX_LEN).collect();
    // Outside a tokio runtime there is no timer.
    let collected = if Handle::try_current().is_ok() {
        let too_slow = |_| NoToken::Invalid("the body did not arrive in time");
        timeout(TIMEOUT, collected).await.map_err(too_slow)?
    } else {
        collected.await
    };
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(NoToken::TooLarge),
        Err(_) => Err(NoToken::Invalid("the body can't be read")),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let media_type = value.as_bytes().split(|byte| *byte == b';').next();
    let media_type = media_type.unwrap_or_default().trim_ascii();
    media_type.eq_ignore_ascii_case(FORM.as_bytes())
}

/// Returns the only parameter of that name. Others are ignored.
fn only_token(body: &[u8]) -> Result<String, NoToken> {
    let is_token = |(name, _): &(Cow<'_, str>, Cow<'_, str>)| name.as_bytes() == PARAMETER;
    let mut tokens = form_urlencoded::parse(body).filter(is_token);
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Ok(token.into_owned()),
        (None, _) => Err(NoToken::Invalid("there is no logout_token")),
        (Some(_), Some(_)) => Err(NoToken::Invalid("logout_token was given more than once")),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_form_has_one_content_type_with_or_without_parameters() {
        let headers = |values: &[&'static str]| {
            let values = values.iter().map(|value| HeaderValue::from_static(value));
            values.map(|value| (CONTENT_TYPE, value)).collect()
        };
        for valid in [
            "application/x-www-form-urlencoded",
            "Application/X-WWW-Form-Urlencoded;charset=utf-8",
            "application/x-www-form-urlencoded ; charset=UTF-8",
        ] {
            assert!(is_form(&headers(&[valid])), "{valid}");
        }
        for invalid in ["", "application/json", "application/x-www-form-urlencoded2"] {
            assert!(!is_form(&headers(&[invalid])), "{invalid}");
        }
        assert!(!is_form(&headers(&[])));
        assert!(!is_form(&headers(&[FORM, FORM])));
    }

    #[test]
    fn the_token_is_the_only_parameter_of_its_name() {
        let token = |body: &str| only_token(body.as_bytes());
        assert_eq!(token("logout_token=a.b.c"), Ok("a.b.c".to_owned()));
        assert_eq!(token("x=1&logout%5Ftoken=a%2Eb&y"), Ok("a.b".to_owned()));
        for none in ["", "logout_tokens=a", "Logout_Token=a", "token=a"] {
            assert_eq!(
                token(none),
                Err(NoToken::Invalid("there is no logout_token"))
            );
        }
        for twice in [
            "logout_token=a&logout_token=a",
            "logout_token=&logout_token=a",
        ] {
            let expected = NoToken::Invalid("logout_token was given more than once");
            assert_eq!(token(twice), Err(expected));
        }
    }
}
