//! `POST` to anybody who asked for it, signed as <https://www.standardwebhooks.com> says: the key, the time and the body
//! under a secret that both sides know, so that the receiver can tell us from others and a repeat from news.
//!
//! No text from events is in a header or in the address.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue};
use sha2::Sha256;

use super::http::Client;
use super::{Delivery, Digest, Format, OpenError, Refusal, Secret, body};

/// One, and its successor.
const SECRETS_MAX: usize = 2;
/// What the standard asks of a secret.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

pub(super) struct Webhook {
    client: Client,
    url: Url,
    keys: Vec<Hmac<Sha256>>,
    format: Format,
}

impl Webhook {
    pub(super) fn new(
        client: Client,
        url: &str,
        secrets: &[Secret],
        format: Format,
    ) -> Result<Self, OpenError> {
        if secrets.len() > SECRETS_MAX {
            return Err(OpenError::Secrets { n: secrets.len() });
        }
        let url = client.url(url)?;
        let keys = secrets.iter().zip(1..).map(|(secret, nth)| key(secret).ok_or(OpenError::Secret { nth }));
        let keys = keys.collect::<Result<_, _>>()?;
        Ok(Self { client, url, keys, format })
    }

    pub(super) async fn deliver(&self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        self.post(&delivery.key, body::line(delivery, self.format)?, delivery.now_ms).await
    }

    pub(super) async fn deliver_digest(&self, digest: &Digest<'_>) -> Result<(), Refusal> {
        self.post(&digest.key, digest.json(usize::MAX), digest.now_ms).await
    }

    async fn post(&self, id: &str, body: String, now_ms: i64) -> Result<(), Refusal> {
        let headers = headers(&self.keys, id, now_ms, &body);
        self.client.post(&self.url, headers, body, now_ms).await?.accepted()?;
        Ok(())
    }
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

fn key(secret: &Secret) -> Option<Hmac<Sha256>> {
    let bytes = STANDARD.decode(secret.expose().strip_prefix("whsec_")?).ok()?;
    SECRET_BYTES.contains(&bytes.len()).then_some(())?;
    Hmac::new_from_slice(&bytes).ok()
}

/// The three headers; the last only when there is something to sign with. Key, time and base64 are plain ASCII, or the
/// header stays away and the receiver refuses.
fn headers(keys: &[Hmac<Sha256>], id: &str, now_ms: i64, body: &str) -> HeaderMap {
    let time_s = now_ms.div_euclid(1000).to_string();
    let signatures: Vec<_> = keys.iter().map(|key| signature(key, id, &time_s, body)).collect();
    let signatures = signatures.join(" ");
    let mut headers = HeaderMap::new();
    let all = [("webhook-id", id), ("webhook-timestamp", &time_s), ("webhook-signature", &signatures)];
    for (name, value) in all {
        if let Some(value) = HeaderValue::from_str(value).ok().filter(|value| !value.is_empty()) {
            headers.insert(name, value);
        }
    }
    headers
}

fn signature(key: &Hmac<Sha256>, id: &str, time_s: &str, body: &str) -> String {
    let mut mac = key.clone();
    for part in [id, ".", time_s, ".", body] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the standard's own libraries are tested with.
    #[test]
    fn a_signature_is_the_standards() {
        let bytes = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let key = Hmac::new_from_slice(&bytes).unwrap();
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
