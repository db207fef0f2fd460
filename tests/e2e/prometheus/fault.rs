//! The faults.

/// What happens to a service. The names are those of the table in `docs/observability/README.md`,
/// except for the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Rotation,
    Everyday,
    ShortOutage,
    LongOutage,
    Withdrawn,
    UnknownKeys,
    Forged,
    WrongAudience,
    Replays,
    OldSecret,
    UnreadableSecret,
    RedisDown,
    IntrospectionDown,
    /// Several of these, one after another: for the pictures, and so that no query of the dashboard
    /// is without data. Its alerts are not compared.
    Story,
}

use Fault::{
    Everyday, Forged, IntrospectionDown, LongOutage, OldSecret, RedisDown, Replays, Rotation,
    ShortOutage, Story, UnknownKeys, UnreadableSecret, Withdrawn, WrongAudience,
};

impl Fault {
    pub(crate) const ALL: [Self; 14] = [
        Rotation,
        Everyday,
        ShortOutage,
        LongOutage,
        Withdrawn,
        UnknownKeys,
        Forged,
        WrongAudience,
        Replays,
        OldSecret,
        UnreadableSecret,
        RedisDown,
        IntrospectionDown,
        Story,
    ];

    /// Returns the name, which is also that of the service's job.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Rotation => "rotation",
            Everyday => "everyday",
            ShortOutage => "short_outage",
            LongOutage => "long_outage",
            Withdrawn => "withdrawn",
            UnknownKeys => "unknown_keys",
            Forged => "forged",
            WrongAudience => "wrong_audience",
            Replays => "replays",
            OldSecret => "old_secret",
            UnreadableSecret => "unreadable_secret",
            RedisDown => "redis_down",
            IntrospectionDown => "introspection_down",
            Story => "orders-api",
        }
    }

    pub(crate) const fn needs_redis(self) -> bool {
        matches!(self, RedisDown | Story)
    }

    pub(crate) const fn needs_secrets(self) -> bool {
        matches!(self, OldSecret | UnreadableSecret | Story)
    }

    pub(crate) const fn needs_introspection(self) -> bool {
        matches!(self, IntrospectionDown | Story)
    }

    /// Returns whether clients use DPoP.
    pub(crate) const fn has_dpop(self) -> bool {
        matches!(self, Replays | RedisDown | Story)
    }
}
