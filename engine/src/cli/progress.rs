//! How far a command has come, on a terminal's stderr; nothing anywhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar, with a word on what was found.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Over bytes.
    pub(super) fn bytes(total: u64) -> Self {
        Self::new(total, "{bytes:>10} of {total_bytes} [{bar:30}] {bytes_per_sec}, {eta} left  {msg}")
    }

    /// Over events.
    pub(super) fn events(total: u64) -> Self {
        Self::new(total, "{pos:>9} of {len} events [{bar:30}] {per_sec}, {eta} left")
    }

    /// Over minutes of a log.
    pub(super) fn minutes(total: u64) -> Self {
        Self::new(total, "{pos:>7} of {len} min [{bar:30}] {per_sec}, {eta} left  {msg}")
    }

    /// Hidden unless stderr is a terminal.
    fn new(total: u64, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(&format!("{{spinner}} {template}")) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// Shows what `done` counts, from a thread of its own, until the bar is taken away.
    pub(super) fn follow(&self, done: Arc<AtomicU64>) {
        let bar = self.0.clone();
        std::thread::spawn(move || {
            while !bar.is_finished() {
                bar.set_position(done.load(Ordering::Relaxed));
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
    }

    /// Prints something above the bar.
    pub(super) fn above(&self, print: impl FnOnce()) {
        self.0.suspend(print);
    }

    /// So many bytes more are done.
    pub(super) fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// So many are done.
    pub(super) fn to(&self, done: u64) {
        self.0.set_position(done);
    }

    /// What was found so far.
    pub(super) fn say(&self, message: String) {
        self.0.set_message(message);
    }

    /// Takes the bar away, so that what follows stands alone.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
