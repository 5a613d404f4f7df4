//! One request to a receiver that may be anybody.
//!
//! No redirect is followed, no proxy is taken from the environment, nothing is decompressed, and an answer is read only as
//! far as anybody would read it. Invariant: a connection is made only to an address that was checked; the name is resolved
//! here and nowhere else.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Url};
use tokio::time::{Instant, timeout_at};

use super::refusal::said;
use super::{OpenError, Refusal, UrlFault, address, retry};

/// Enough of an answer to see what is wrong; nobody may fill our memory.
const ANSWER_BYTES_MAX: usize = 4096;

#[derive(Debug, Clone)]
pub(super) struct Client {
    inner: reqwest::Client,
    allow_private: bool,
    timeout: Duration,
}

/// What came back, whatever it says.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    /// The beginning of the body.
    pub(super) text: String,
}

impl Client {
    pub(super) fn new(allow_private: bool, timeout: Duration) -> Result<Self, OpenError> {
        let inner = reqwest::Client::builder()
            .user_agent(concat!("tripline/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .dns_resolver(Arc::new(Checked { allow_private }))
            .build()
            .map_err(|error| OpenError::Client { detail: causes(&error) })?;
        Ok(Self { inner, allow_private, timeout })
    }

    /// An address that may be called, unless its name says otherwise later.
    pub(super) fn url(&self, text: &str) -> Result<Url, OpenError> {
        let fault = |fault| OpenError::Url { fault };
        let url = Url::parse(text).map_err(|error| fault(UrlFault::Syntax { detail: error.to_string() }))?;
        let allowed = url.scheme() == "https" || (url.scheme() == "http" && self.allow_private);
        if !allowed {
            return Err(fault(UrlFault::Scheme { scheme: said(url.scheme()) }));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fault(UrlFault::Credentials));
        }
        // The parser has turned every way to write an IPv4 address (octal, hexadecimal, one number) into the usual one.
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(address) if !address::allowed(address, self.allow_private) => {
                Err(fault(UrlFault::Address { address }))
            }
            _ => Ok(url),
        }
    }

    /// Sends JSON and takes what comes back, all within the timeout.
    pub(super) async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: String,
        now_ms: i64,
    ) -> Result<Answer, Refusal> {
        let json = HeaderValue::from_static("application/json");
        let request = self.inner.post(url.clone()).headers(headers).header(CONTENT_TYPE, json);
        self.send(request.body(body), now_ms).await
    }

    /// Asks, and takes what comes back, all within the timeout.
    pub(super) async fn get(&self, url: &Url, now_ms: i64) -> Result<Answer, Refusal> {
        self.send(self.inner.get(url.clone()), now_ms).await
    }

    async fn send(&self, request: RequestBuilder, now_ms: i64) -> Result<Answer, Refusal> {
        let deadline = Instant::now() + self.timeout;
        let mut response = timeout_at(deadline, request.send())
            .await
            .map_err(|_| Refusal::Timeout { ms: self.timeout.as_millis() })?
            .map_err(|error| refusal(&error))?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|value| retry::retry_after(value, now_ms));
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        // The code has answered already: a body that breaks off or takes too long ends where it ends.
        while let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await {
            bytes.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES_MAX - bytes.len())]);
            if bytes.len() == ANSWER_BYTES_MAX {
                break;
            }
        }
        Ok(Answer { status, retry_after, text: String::from_utf8_lossy(&bytes).into_owned() })
    }
}

impl Answer {
    /// Acceptance is any 2xx.
    pub(super) fn accepted(self) -> Result<Self, Refusal> {
        let Self { status, retry_after, text } = self;
        match status {
            200..=299 => Ok(Self { status, retry_after, text }),
            _ => Err(Refusal::Status { status, retry_after, answer: said(&text) }),
        }
    }

    /// What was accepted by its code, and is not.
    pub(super) fn refused(self) -> Refusal {
        Refusal::Answer { status: self.status, answer: said(&self.text) }
    }
}

/// Resolves names, and gives out their addresses only if every one may be called: one bad address among good ones is how
/// a check is slipped past.
struct Checked {
    allow_private: bool,
}

/// Why no address was given out.
#[derive(Debug, thiserror::Error)]
#[error("{address} must not be called")]
struct Forbidden {
    address: IpAddr,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if let Some(bad) = found.iter().find(|found| !address::allowed(found.ip(), allow_private)) {
                return Err(Forbidden { address: bad.ip() }.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// reqwest's errors name the address that was called, which may be a secret; their causes do not.
fn refusal(error: &reqwest::Error) -> Refusal {
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        if let Some(Forbidden { address }) = found.downcast_ref::<Forbidden>() {
            return Refusal::Address { address: *address };
        }
        cause = found.source();
    }
    match error.is_connect() {
        true => Refusal::Connect { detail: causes(error) },
        false => Refusal::Http { detail: causes(error) },
    }
}

fn causes(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        causes.push(found.to_string());
        cause = found.source();
    }
    causes.dedup();
    said(&causes.join(": "))
}
