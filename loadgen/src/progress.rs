//! Progress on standard error, where somebody looks at it.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tripline_loadgen::judge::Sent;

/// A bar over so many of something.
pub(crate) fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    if !io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

/// A bar over the seconds of a load.
pub(crate) fn of_load(load: Duration) -> ProgressBar {
    let bar = bar(load.as_secs());
    // The template is a constant; were it wrong, the plain bar would do.
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {wide_bar} {pos}/{len} s  {msg}") {
        bar.set_style(style);
    }
    bar
}

/// How a load stands: its rate so far, how far it is behind, what failed, and what was found of what must be.
pub(crate) fn told(sent: &Sent, elapsed: Duration, found: Option<(usize, usize)>) -> String {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "for people"
    )]
    let rate = (sent.events as f64 / elapsed.as_secs_f64().max(0.001)) as u64;
    let behind_ms = sent.behind_ms.get("p99").copied().unwrap_or(0);
    let alerts = found.map(|(found, must)| format!(", alerts {found} of {must}")).unwrap_or_default();
    let errors = sent.errors;
    format!("{} events/s, behind p99 {behind_ms} ms, {errors} errors{alerts}", HumanCount(rate))
}
