//! Calling setters.

/// Calls each setter with the field of its name, if that is set. So the name of a setting in the
/// configuration is that of its setter.
macro_rules! set {
    ($builder:ident, $config:ident, $($setting:ident),+ $(,)?) => {
        $(let $builder = match $config.$setting {
            Some(value) => $builder.$setting(value),
            None => $builder,
        };)+
    };
}

/// The same for setters that take a duration.
macro_rules! set_times {
    ($builder:ident, $config:ident, $($setting:ident),+ $(,)?) => {
        $(let $builder = match $config.$setting {
            Some(time) => $builder.$setting(std::time::Duration::from(time)),
            None => $builder,
        };)+
    };
}

/// Calls each setter without an argument whose field of that name is `true`.
macro_rules! turn_on {
    ($builder:ident, $config:ident, $($setting:ident),+ $(,)?) => {
        $(let $builder = if $config.$setting { $builder.$setting() } else { $builder };)+
    };
}

pub(super) use {set, set_times, turn_on};
