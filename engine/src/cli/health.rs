//! `tripline health`: whether the engine at the configured port is alive, for what restarts it when it is not: the health check of a
//! container that has no shell and no curl. What is wrong with one that lives no restart mends; `doctor` says it.

use std::time::Duration;

use super::config::ConfigArgs;
use super::{Exit, Failure, runtime};

/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(3);

/// Ask the engine whether it is alive
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let config = match args.config.load() {
        Ok(loaded) => loaded.config,
        Err(exit) => return Ok(exit),
    };
    let address = config.http.reachable();
    let asked = runtime()?.block_on(async {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        client.get(format!("http://{address}/livez")).send().await
    });
    match asked {
        Ok(answer) if answer.status().is_success() => Ok(Exit::Ok),
        Ok(answer) => {
            super::talk(&format!("tripline: {address}/livez: {}", answer.status()));
            Ok(Exit::CheckFailed)
        }
        Err(error) => {
            super::talk(&format!("tripline: {address}/livez: {:#}", anyhow::Error::from(error)));
            Ok(Exit::CheckFailed)
        }
    }
}
