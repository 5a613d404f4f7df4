//! How far a command has come, on a terminal's stderr; nothing anywhere else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar over bytes of input, with a word on what was found.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Hidden unless stderr is a terminal.
    pub(super) fn bytes(total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(
            "{spinner} {bytes:>10} of {total_bytes} [{bar:30}] {bytes_per_sec}, {eta} left  {msg}",
        );
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// So many bytes more are done.
    pub(super) fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// What was found so far.
    pub(super) fn say(&self, message: String) {
        self.0.set_message(message);
    }

    /// Takes the bar away, so that what follows stands alone.
    pub(super) fn finish(self) {
        self.0.finish_and_clear();
    }
}
