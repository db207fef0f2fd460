//! The places that may carry the token.

use std::fmt;

use http::HeaderName;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::location::{At as _, invalid, only_one};
use crate::{ConfigError, TokenSource};

/// A name without a parameter, or a table with one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum TokenSourceConfig {
    Named(Named),
    Table(SourceTable),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Named {
    Authorization,
    WebsocketProtocol,
    WebsocketBearer,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SourceTable {
    #[serde(skip_serializing_if = "Option::is_none")]
    cookie: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
}

impl TokenSourceConfig {
    pub(super) fn source(self, path: &str) -> Result<TokenSource, ConfigError> {
        match self {
            Self::Named(Named::Authorization) => Ok(TokenSource::authorization()),
            Self::Named(Named::WebsocketProtocol) => Ok(TokenSource::websocket_protocol()),
            Self::Named(Named::WebsocketBearer) => Ok(TokenSource::websocket_bearer()),
            Self::Table(table) => table.source(path),
        }
    }
}

impl SourceTable {
    fn source(self, path: &str) -> Result<TokenSource, ConfigError> {
        let given = [
            ("cookie", self.cookie.is_some()),
            ("header", self.header.is_some()),
            ("query", self.query.is_some()),
        ];
        only_one(path, &given)?;
        match (self.cookie, self.header, self.query, self.scheme) {
            (Some(name), _, _, None) => TokenSource::cookie(name).at(path),
            (Some(name), _, _, Some(scheme)) => {
                TokenSource::cookie_with_scheme(name, scheme).at(path)
            }
            (_, Some(name), _, None) => Ok(TokenSource::header(header_name(&name, path)?)),
            (_, Some(name), _, Some(scheme)) => {
                TokenSource::header_with_scheme(header_name(&name, path)?, scheme).at(path)
            }
            (_, _, Some(name), None) => Ok(TokenSource::query(name)),
            (_, _, Some(_), Some(_)) => {
                let path = format!("{path}.scheme");
                Err(invalid(
                    &path,
                    "must be absent with query, whose value is the token",
                ))
            }
            (None, None, None, _) => Err(invalid(path, "must have cookie, header or query")),
        }
    }
}

pub(super) fn header_name(name: &str, path: &str) -> Result<HeaderName, ConfigError> {
    let name = name.parse();
    name.map_err(|_| invalid(path, "must be the name of a header"))
}

impl<'de> Deserialize<'de> for TokenSourceConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

struct SourceVisitor;

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = TokenSourceConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "\"authorization\", \"websocket_protocol\", \"websocket_bearer\", or a table with \
             cookie, header or query",
        )
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let named = Named::deserialize(serde::de::value::StrDeserializer::new(name));
        named.map(TokenSourceConfig::Named)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        SourceTable::deserialize(MapAccessDeserializer::new(map)).map(TokenSourceConfig::Table)
    }
}
