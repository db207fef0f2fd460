//! Time limits.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;

/// Returns the output of a future, or `None` after the limit. The timer is set only if the future
/// is not ready at once. Outside a tokio runtime there is no timer, so no limit.
pub(crate) async fn with_time_limit<T>(
    future: impl Future<Output = T>,
    limit: Duration,
) -> Option<T> {
    let mut future = pin!(future);
    let first = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
    if let Poll::Ready(output) = first {
        return Some(output);
    }
    if Handle::try_current().is_err() {
        return Some(future.await);
    }
    timeout(limit, future).await.ok()
}
