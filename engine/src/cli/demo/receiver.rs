//! Somebody to deliver to: a webhook receiver on loopback that shows each alert as it arrives, and counts what comes twice.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use tripline_rules::rule::Level;

use crate::alert::{Alert, clean, rfc3339, table};
use crate::cli::output::colour;
use crate::cli::progress::Progress;
use crate::sink::{Filter, Format, Secret, Settings, Target};

/// Standard Webhooks' form of a key: the demo signs as a real configuration would.
const SECRET: &str = "whsec_dHJpcGxpbmUtZGVtby1rZXktb2YtMzItYnl0ZXMh";

/// What came.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Received {
    pub(super) deliveries: u64,
    pub(super) repeated: u64,
}

pub(super) struct Receiver {
    address: SocketAddr,
    desk: Arc<Desk>,
}

struct Desk {
    keys: Mutex<(BTreeSet<String>, Received)>,
    progress: Arc<Progress>,
}

pub(super) async fn start(progress: Arc<Progress>) -> io::Result<Receiver> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let desk = Arc::new(Desk { keys: Mutex::default(), progress });
    let router = Router::new().route("/alerts", post(take)).with_state(Arc::clone(&desk));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(Receiver { address, desk })
}

async fn take(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: String) -> StatusCode {
    let Some(key) = headers.get("webhook-id").and_then(|key| key.to_str().ok()) else {
        return StatusCode::BAD_REQUEST;
    };
    let Ok(alert) = serde_json::from_str::<Alert>(&body) else { return StatusCode::UNPROCESSABLE_ENTITY };
    let new = {
        let mut kept = desk.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let new = kept.0.insert(key.to_owned());
        kept.1.deliveries += 1;
        kept.1.repeated += u64::from(!new);
        new
    };
    if new {
        desk.progress.above(|| {
            // A reader that has seen enough closes the pipe; the story goes on.
            let _ = writeln!(io::stdout(), "{}", line(&alert));
        });
    }
    StatusCode::NO_CONTENT
}

/// One line an alert.
fn line(alert: &Alert) -> String {
    let level = alert.rule.level;
    let (on, off) = if colour() { (table::style(level), "\x1b[0m") } else { ("", "") };
    let again =
        if alert.revision > 1 { format!(" (told again, {} events)", alert.count) } else { String::new() };
    let title = clean(&alert.rule.title);
    format!(
        "{} {on}{:13}{off} {title}{again}\n{:20} {}",
        rfc3339(alert.last_seen_s),
        level.as_str(),
        "",
        clean(&alert.summary)
    )
}

impl Receiver {
    /// How the engine is to deliver here.
    pub(super) fn settings(&self) -> Settings {
        Settings {
            name: "receiver".to_owned(),
            level_min: Level::Informational,
            filter: Filter::default(),
            rate_per_s: 1_000.0,
            digest_after: 0,
            timeout: Duration::from_secs(10),
            target: Target::Webhook {
                url: format!("http://{}/alerts", self.address),
                secrets: Secret::from_text(SECRET).into_iter().collect(),
                allow_private: true,
                format: Format::Native,
            },
        }
    }

    pub(super) fn received(&self) -> Received {
        self.desk.keys.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}
