//! The configuration of a layer as data.

mod algorithm_name;
mod audience;
mod buffer;
mod build;
mod dpop;
mod duration;
mod introspection;
mod issuer;
mod jwks_cache;
mod location;
mod mtls;
mod paths;
mod proxies;
mod read_error;
mod reader;
mod resource;
mod rule;
mod secret_value;
mod secrets;
mod set;
mod settings;
mod tenants;
mod token_cache;
mod token_source;
mod url_text;
mod variable;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use self::buffer::Buffer;
use self::settings::Settings;

/// The configuration of a layer as data, which serde reads: from TOML, JSON, YAML, or a part of the
/// configuration of your program.
///
/// Each setting has the name and the default of the method of [`JwtAuthBuilder`], [`Issuer`] or
/// another type that sets it; durations are texts with a unit, such as `"60s"`. A setting of
/// another name is an error. [`guides::configuration`](crate::guides::configuration) lists all of
/// them.
///
/// Secrets are never in it, but in files or environment variables that it names. So it can be
/// stored with the code. `Debug` leaves out userinfo, query and fragment of the issuers' URLs,
/// where a secret may be; `Serialize` writes URLs as they are.
///
/// Deserializing requires a format that describes itself, as TOML, JSON and YAML do. An error has
/// the path of the setting. If the type of a value is wrong, the error does not show the value.
///
/// Closures and handles are set in code: [`into_builder`](Self::into_builder) returns the builder.
///
/// [`JwtAuthBuilder`]: crate::JwtAuthBuilder
/// [`Issuer`]: crate::Issuer
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{JwtAuthConfig, JwtAuthLayer};
///
/// # fn example() -> Result<JwtAuthLayer, Box<dyn std::error::Error>> {
/// let config: JwtAuthConfig = toml::from_str(
///     r#"
///     leeway = "10s"
///
///     [[issuers]]
///     issuer = "https://login.example.com/"
///     audience = "https://api.example.com"
///     "#,
/// )?;
/// let auth = config.build()?;
/// # Ok(auth)
/// # }
/// # example().unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct JwtAuthConfig {
    settings: Settings,
}

/// Reads all values before the settings, so that the error about a setting is not that of the
/// format, which may show the value or the line.
impl<'de> Deserialize<'de> for JwtAuthConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let settings = Settings::deserialize(Buffer::deserialize(deserializer)?);
        let settings = settings.map_err(D::Error::custom)?;
        Ok(Self { settings })
    }
}
