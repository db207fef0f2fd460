//! Why Redis gave no response that counts.

use std::error::Error as StdError;
use std::fmt;

use ::redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why an operation failed. Holds no text of the server, which may name keys and users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The circuit is open: nothing was sent.
    CircuitOpen,
    NoRuntime,
    TimedOut,
    Unreachable,
    /// A node of a cluster names one that `redis://` is not allowed to.
    InsecureNode,
    /// A sentinel knows no such service.
    NoPrimary,
    Tls,
    ConnectionLost,
    Credentials,
    Permissions,
    Loading,
    OutOfMemory,
    ReadOnly,
    /// The server belongs to a cluster, and another one has the key.
    OtherNode,
    /// The server has no primary, or can't write its data to disk.
    Unable,
    UnexpectedAnswer,
    /// The key holds something else.
    WrongType,
    /// A list of revocations holds what is none.
    Unreadable,
    OtherError,
}

impl Failure {
    /// Returns the text of an event, of an error and of health.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::CircuitOpen => "Redis is not asked for a second after repeated failures",
            Self::NoRuntime => "Redis is asked outside a tokio runtime",
            Self::TimedOut => "Redis did not respond in time",
            Self::Unreachable => "Redis can't be reached",
            Self::InsecureNode => "the cluster names a node beyond loopback: see allow_plain_tcp",
            Self::NoPrimary => "Sentinel knows no primary of this name",
            Self::Tls => "the TLS handshake with Redis failed",
            Self::ConnectionLost => "the connection to Redis was lost",
            Self::Credentials => "Redis rejected the credentials",
            Self::Permissions => "Redis rejected the command: its user may not use it, or the key",
            Self::Loading => "Redis is loading its data (LOADING)",
            Self::OutOfMemory => "Redis is out of memory (OOM)",
            Self::ReadOnly => "this Redis is read-only (READONLY)",
            Self::OtherNode => "this Redis is one node of a cluster, and another one has the key",
            Self::Unable => "Redis can't write: no primary, or no disk",
            Self::UnexpectedAnswer => "the response is not one of Redis to this command",
            Self::WrongType => {
                "the key in Redis has another type (WRONGTYPE): another prefix is needed"
            }
            Self::Unreadable => "the list of revocations in Redis has an entry that can't be read",
            Self::OtherError => "Redis responded with an error",
        }
    }

    /// Returns whether the next operation is to use another connection. That of a server which
    /// became a replica leads to no other one.
    pub(super) const fn ends_connection(self) -> bool {
        matches!(
            self,
            Self::ConnectionLost | Self::ReadOnly | Self::UnexpectedAnswer
        )
    }

    fn of_server(kind: Option<ServerErrorKind>, code: Option<&str>) -> Self {
        match (kind, code) {
            (Some(ServerErrorKind::BusyLoading), _) => Self::Loading,
            (Some(ServerErrorKind::ReadOnly), _) => Self::ReadOnly,
            (Some(ServerErrorKind::Moved | ServerErrorKind::Ask), _) => Self::OtherNode,
            (
                Some(
                    ServerErrorKind::MasterDown
                    | ServerErrorKind::ClusterDown
                    | ServerErrorKind::TryAgain,
                ),
                _,
            )
            | (_, Some("MISCONF" | "NOREPLICAS")) => Self::Unable,
            (Some(ServerErrorKind::NoPerm), _) => Self::Permissions,
            (_, Some("OOM")) => Self::OutOfMemory,
            (_, Some("WRONGTYPE")) => Self::WrongType,
            (_, Some("NOAUTH" | "WRONGPASS")) => Self::Credentials,
            _ => Self::OtherError,
        }
    }
}

impl From<&RedisError> for Failure {
    fn from(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(kind) => Self::of_server(Some(kind), error.code()),
            ErrorKind::Extension => Self::of_server(None, error.code()),
            ErrorKind::AuthenticationFailed => Self::Credentials,
            ErrorKind::Io if error.is_timeout() => Self::TimedOut,
            ErrorKind::Io => Self::ConnectionLost,
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::UnexpectedAnswer,
            _ => Self::OtherError,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl StdError for Failure {}
