//! The log of what runs for long: one JSON object a line, or text for people, on stderr.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;

use super::output::may_color;
use crate::config::{LogConfig, LogFormat};

/// Installs the log. A second call changes nothing.
pub(super) fn start(config: &LogConfig) {
    let level: LevelFilter = config.level.parse().unwrap_or(LevelFilter::INFO);
    let json = match config.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr);
    // Whoever installed one first keeps it.
    let _ = if json {
        log.json().flatten_event(true).with_current_span(false).try_init()
    } else {
        log.with_ansi(may_color(&io::stderr())).try_init()
    };
}
