//! The end of the service: the first signal stops reading, and what was received is written; the deadline, or a second
//! signal, ends even that.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::super::{Exit, talk};
use crate::pipeline::service::Shared;
use crate::source::kinesis::Reading;

/// How long after the deadline the process may still be there: a disk that does not answer cannot be asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Whether the end was asked for.
pub(super) struct Drain(Arc<AtomicBool>);

impl Drain {
    pub(super) fn was_asked(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Waits in the background for a wish to end, and ends the service then.
pub(super) fn on_signal(
    mut signals: Signals,
    reading: Arc<Reading>,
    shared: &Shared,
    deadline: Duration,
) -> Drain {
    let asked = Arc::new(AtomicBool::new(false));
    let (drain, shared) = (Drain(Arc::clone(&asked)), shared.clone());
    let runtime = shared.runtime.clone();
    runtime.spawn(async move {
        if signals.recv().await.is_none() {
            return;
        }
        asked.store(true, Ordering::Release);
        tracing::info!(
            deadline_s = deadline.as_secs(),
            "draining: what was received is written, then it ends"
        );
        shared.health.draining();
        reading.stop();
        tokio::select! {
            () = tokio::time::sleep(deadline) => tracing::error!("the deadline has passed"),
            _ = signals.recv() => tracing::warn!("asked again: not waiting any longer"),
        }
        // What cannot be written now is read again at the next start.
        shared.stop.ask();
        tokio::time::sleep(GRACE).await;
        talk("tripline: the store does not answer; what it did not take is read again at the next start");
        process::exit(i32::from(Exit::Upstream as u8));
    });
    drain
}

/// Every wish to end.
pub(super) type Signals = mpsc::Receiver<()>;

/// Hears SIGTERM and SIGINT from now on.
pub(super) fn signals() -> Signals {
    let (sender, receiver) = mpsc::channel(2);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
            let sender = sender.clone();
            match signal(kind) {
                Ok(mut signal) => drop(tokio::spawn(async move {
                    while signal.recv().await.is_some() && sender.send(()).await.is_ok() {}
                })),
                Err(error) => tracing::error!(%error, "signals cannot be heard"),
            }
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(
        async move { while tokio::signal::ctrl_c().await.is_ok() && sender.send(()).await.is_ok() {} },
    );
    receiver
}
