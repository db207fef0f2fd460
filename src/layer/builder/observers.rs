//! Observers.

use std::sync::Arc;

use super::JwtAuthBuilder;
use crate::observe::Observe;

/// Observers.
impl<C, R> JwtAuthBuilder<C, R> {
    /// Adds an observer, which is told what becomes of requests, what they wait for, and what
    /// happens to the issuers' keys, also of those that are added at run time. Default: none, and
    /// nothing is measured.
    ///
    /// `Metrics` (feature `metrics`) is one. Rejections by [`RequireLayer`](crate::RequireLayer)
    /// and extractors below the layer are told, too.
    ///
    /// The names of all issuers that are ever added stay in memory, also of removed and rejected
    /// ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ConfigError, Issuer, JwtAuthLayer, Observe, WaitEvent};
    ///
    /// struct SlowWaits;
    ///
    /// impl Observe for SlowWaits {
    ///     fn waited(&self, wait: &WaitEvent<'_>) {
    ///         if wait.duration.as_millis() > 500 {
    ///             eprintln!("{} ms for {}", wait.duration.as_millis(), wait.wait_for.name());
    ///         }
    ///     }
    /// }
    ///
    /// # fn build(issuer: Issuer) -> Result<JwtAuthLayer, ConfigError> {
    /// JwtAuthLayer::builder(issuer).add_observer(SlowWaits).build()
    /// # }
    /// ```
    pub fn add_observer(mut self, observer: impl Observe) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }
}
