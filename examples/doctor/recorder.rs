//! The default HTTP client, with a record of what was fetched, and progress on standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::Full;
use tower::service_fn;
use tower_jwt_auth::HttpClient;

/// The default of `JwksCacheSettings::max_body_len`.
const MAX_BODY_LEN: usize = 1024 * 1024;

/// A request that was answered, or failed.
#[derive(Clone)]
pub(crate) struct Fetch {
    /// Without the query, which may contain a secret.
    pub(crate) url: String,
    pub(crate) is_https: bool,
    pub(crate) outcome: Result<(StatusCode, HeaderMap), String>,
}

#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Fetch>>>);

impl Recorder {
    pub(crate) fn client(&self) -> HttpClient {
        let (recorder, client) = (self.clone(), HttpClient::default());
        HttpClient::new(service_fn(move |request: Request<Bytes>| {
            let (recorder, client) = (recorder.clone(), client.clone());
            async move {
                let (url, is_https) = shown(request.uri());
                show_progress(&format!("fetching {url} …"));
                let response = client.send(request, MAX_BODY_LEN).await;
                let outcome = match &response {
                    Ok(response) => Ok((response.status(), response.headers().clone())),
                    Err(error) => Err(with_causes(&**error)),
                };
                let fetch = Fetch {
                    url,
                    is_https,
                    outcome,
                };
                recorder.lock().push(fetch);
                response.map(|response| response.map(Full::new))
            }
        }))
    }

    pub(crate) fn fetches(&self) -> Vec<Fetch> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fetch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the progress from a terminal.
pub(crate) fn end_progress() {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}

/// Shows one line, which the next one replaces on a terminal.
fn show_progress(text: &str) {
    let mut stderr = io::stderr();
    let _ = if stderr.is_terminal() {
        write!(stderr, "\r\x1b[K{text}").and_then(|()| stderr.flush())
    } else {
        writeln!(stderr, "{text}")
    };
}

fn shown(url: &Uri) -> (String, bool) {
    let text = url.to_string();
    let url_without_query = text.split('?').next().unwrap_or_default().to_owned();
    (url_without_query, url.scheme_str() == Some("https"))
}

pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
