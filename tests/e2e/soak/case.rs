//! A request, and the response that is right.

use crate::oracle::Key;

pub(crate) struct Case {
    pub(crate) kind: &'static str,
    pub(crate) request: String,
    /// For clients that do not use HTTP/1.1.
    pub(crate) token: Option<String>,
    pub(crate) truth: Truth,
    /// The subject of an accepted token.
    pub(crate) subject: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Truth {
    /// It depends on the keys of the issuer in trouble.
    Depends(Key),
    /// Accepted, whatever that issuer does, because it is of another one.
    Accepted,
    /// 401 and `invalid_token`, whatever the keys are.
    Rejected,
    /// 401 and a challenge without an error code: no token.
    Challenged,
    /// 400 and `invalid_request`: credentials more than once.
    Ambiguous,
    /// This status, whatever the token is.
    Status(u16),
}

impl Case {
    pub(crate) fn new(kind: &'static str, truth: Truth, request: String) -> Self {
        Self {
            kind,
            request,
            token: None,
            truth,
            subject: None,
        }
    }

    /// Returns a request for `/whoami` with this token.
    pub(crate) fn bearing(kind: &'static str, truth: Truth, token: &str) -> Self {
        let request = whoami(&format!("authorization: Bearer {token}\r\n"));
        Self {
            token: Some(token.to_owned()),
            ..Self::new(kind, truth, request)
        }
    }

    /// Returns whether the server closes the connection after it.
    pub(crate) const fn ends_connection(&self) -> bool {
        matches!(self.truth, Truth::Status(400))
    }

    pub(crate) fn of(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }
}

pub(crate) fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: soak\r\n{headers}\r\n")
}

pub(crate) fn whoami(headers: &str) -> String {
    get("/whoami", headers)
}
