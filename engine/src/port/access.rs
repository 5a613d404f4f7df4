//! Who may ask the port. Health and metrics: anybody who reaches it. Alerts: the bearer of the token, where there is one;
//! without one the port is on loopback, and only requests that name it so are answered: a page that rebinds its own name to
//! 127.0.0.1 does not.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::sink::Secret;

/// Who may ask.
#[derive(Clone)]
pub struct Access {
    /// The digest of the token: comparing digests tells nothing by its time.
    token: Option<[u8; 32]>,
}

impl Access {
    /// Those who bear `token`; without one those on this machine.
    pub fn new(token: Option<&Secret>) -> Self {
        Self { token: token.map(|token| digest(token.expose())) }
    }

    /// Why a request is not answered, if so.
    pub(super) fn refuses(&self, request: &Request) -> Option<(StatusCode, &'static str)> {
        let path = request.uri().path();
        match self.token {
            _ if matches!(path, "/livez" | "/readyz") => None,
            None if !is_local(request.headers()) => Some((
                StatusCode::FORBIDDEN,
                "ask for this address by the name localhost, 127.0.0.1 or [::1]\n",
            )),
            Some(token)
                if path.starts_with("/api/") && bearer(request.headers()).map(digest) != Some(token) =>
            {
                Some((StatusCode::UNAUTHORIZED, "a bearer token is needed: http.token_file holds it\n"))
            }
            _ => None,
        }
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// One Host, and it is this machine's.
fn is_local(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let authority = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    authority.is_some_and(|authority| {
        let (host, port) = (authority.host(), authority.port());
        let whole = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let named = ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host.eq_ignore_ascii_case(name));
        named && authority.as_str() == whole
    })
}
