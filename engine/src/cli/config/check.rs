//! `tripline config check`: everything wrong at once, or `ok` and one line of what is configured.

use std::io::{self, Write};

use super::ConfigArgs;
use crate::cli::{Exit, Failure};
use crate::config::Config;

/// Report everything that is wrong, or print `ok` and what is configured
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = match args.config.load() {
        Ok(loaded) => loaded,
        Err(exit) => return Ok(exit),
    };
    writeln!(io::stdout().lock(), "ok\n{}", summary(&loaded.config))?;
    Ok(Exit::Ok)
}

fn summary(config: &Config) -> String {
    let paths = config.rules.paths.iter().map(|path| path.display().to_string());
    let rules: Vec<String> = config.rules.packs.iter().cloned().chain(paths).collect();
    let sinks: Vec<&str> = config.sinks.iter().map(|sink| sink.name.as_str()).collect();
    let sinks = if sinks.is_empty() { "none".to_owned() } else { sinks.join(", ") };
    let kinesis = config.kinesis.as_ref().map(|kinesis| format!("kinesis {}; ", kinesis.stream));
    format!(
        "{}rules {}; store {}; http {}{}; {} workers; sinks: {sinks}",
        kinesis.unwrap_or_default(),
        rules.join(", "),
        config.store.path.display(),
        config.http.listen,
        if config.http.token.is_some() { " with a token" } else { "" },
        config.pipeline.workers,
    )
}
