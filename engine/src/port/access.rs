//! Who may ask the port. Health and metrics: anybody who reaches it. Alerts: the bearer of the token, where there is one;
//! without one the port is on loopback, and only requests that name it so are answered: a page that rebinds its own name to
//! 127.0.0.1 does not.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, header};
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
        if request.method() == Method::POST && is_cross_site(request.headers()) {
            return Some((
                StatusCode::FORBIDDEN,
                "cross-site requests are refused: another site's page sent this; use a command line, or a page of this address\n",
            ));
        }
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
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    // RFC 9110: schemes are compared without regard to case.
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

/// True if a browser says that a page of another site sent the request. Other clients send neither header.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let from_elsewhere = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let host = text("host").unwrap_or_default();
    let of_another_origin = text("origin").is_some_and(|origin| {
        origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) != Some(host)
    });
    from_elsewhere || of_another_origin
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
