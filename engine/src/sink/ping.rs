//! A dead man's switch: an address that expects to be called, and raises the alarm when it is not.
//!
//! One GET, without a body: every such service takes it. The address is the permission to call, and so a secret.

use std::time::Duration;

use reqwest::Url;

use super::http::Client;
use super::{OpenError, Refusal, Secret};

/// An address that may be called.
pub struct Ping {
    client: Client,
    url: Url,
}

impl Ping {
    /// Checks what can be checked without a call.
    ///
    /// # Errors
    /// It is no address, or one that must not be called.
    pub fn open(url: &Secret, allow_private: bool, timeout: Duration) -> Result<Self, OpenError> {
        let client = Client::new(allow_private, timeout)?;
        let url = client.url(url.expose())?;
        Ok(Self { client, url })
    }

    /// Calls once.
    ///
    /// # Errors
    /// It was not reached, or does not say 2xx.
    pub async fn send(&self, now_ms: i64) -> Result<(), Refusal> {
        self.client.get(&self.url, now_ms).await?.accepted()?;
        Ok(())
    }
}

impl std::fmt::Debug for Ping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ping(***)")
    }
}
