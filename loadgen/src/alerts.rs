//! The alerts of an engine, asked for at its port: `GET /api/alerts?after=CURSOR`, NDJSON, oldest first.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// An answer that takes longer has failed.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Where alerts are asked for.
pub(crate) struct Alerts {
    client: reqwest::Client,
    pub(crate) url: String,
    token: Option<String>,
}

impl Alerts {
    /// At the port under this URL, with the token in that file if it wants one.
    pub(crate) fn at(url: &str, token_file: Option<&Path>) -> anyhow::Result<Self> {
        let token = token_file
            .map(|path| std::fs::read_to_string(path).with_context(|| path.display().to_string()))
            .transpose()?;
        let client = reqwest::Client::builder().timeout(ANSWER_MAX).no_proxy().build()?;
        let url = format!("{}/api/alerts", url.trim_end_matches('/').trim_end_matches("/api/alerts"));
        Ok(Self { client, url, token: token.map(|token| token.trim().to_owned()) })
    }

    /// Returns every alert, a line each: as it was when its latest change was read.
    pub(crate) async fn all(&self) -> anyhow::Result<Vec<String>> {
        let (mut alerts, mut after) = (BTreeMap::new(), None);
        loop {
            let page = self.page(after).await?;
            if page.is_empty() {
                return Ok(alerts.into_values().collect());
            }
            for line in page {
                let alert: Value = serde_json::from_str(&line)
                    .with_context(|| format!("{}: a line that is no alert", self.url))?;
                let cursor = alert.get("cursor").and_then(Value::as_i64);
                let cursor = cursor.with_context(|| format!("{}: an alert without a cursor", self.url))?;
                ensure!(
                    after.is_none_or(|after| cursor > after),
                    "{}: the cursor does not advance",
                    self.url
                );
                after = Some(cursor);
                // An alert that changes between two pages comes again.
                alerts.insert(alert["id"].to_string(), line);
            }
        }
    }

    async fn page(&self, after: Option<i64>) -> anyhow::Result<Vec<String>> {
        let mut url = self.url.clone();
        if let Some(after) = after {
            url.push_str(&format!("?after={after}"));
        }
        let mut ask = self.client.get(&url);
        if let Some(token) = &self.token {
            ask = ask.bearer_auth(token);
        }
        let answer = ask.send().await.with_context(|| self.url.clone())?;
        let status = answer.status();
        let body = answer.text().await.with_context(|| self.url.clone())?;
        ensure!(
            status.is_success(),
            "{}: {status}: {}",
            self.url,
            body.chars().take(200).collect::<String>()
        );
        Ok(body.lines().map(str::to_owned).collect())
    }
}
