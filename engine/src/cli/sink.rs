//! `tripline sink test`: one marked sample alert to a configured sink, so that nobody finds out in an emergency that it was
//! misspelt.

use std::time::Instant;

use clap::Subcommand;
use tripline_rules::diagnostic::nearest;

use super::config::ConfigArgs;
use super::{Exit, Failure, runtime, talk};
use crate::pipeline::now_ms;
use crate::sink::{self, Delivery, Sink};

/// Try sinks
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a made-up alert, marked as a test, to a sink of the configuration
    Test(Args),
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What the configuration calls the sink
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(Command::Test(args): &Command) -> Result<Exit, Failure> {
    let config = match args.config.load() {
        Ok(loaded) => loaded.config,
        Err(exit) => return Ok(exit),
    };
    let known = || config.sinks.iter().map(|sink| sink.name.as_str());
    let Some(settings) = config.sinks.iter().find(|sink| sink.name == args.name) else {
        let hint = nearest(&args.name, known()).map(|name| format!(" (did you mean `{name}`?)"));
        return Err(Failure::usage(anyhow::anyhow!(
            "no enabled sink `{}` in the configuration{}; there are: {}",
            args.name,
            hint.unwrap_or_default(),
            known().collect::<Vec<_>>().join(", ")
        )));
    };
    let runtime = runtime()?;
    let alert = sink::sample(now_ms());
    let delivery = Delivery { sample: true, ..Delivery::new(&alert, now_ms()) };
    let began = Instant::now();
    let delivered = runtime.block_on(async {
        // Their texts say everything; what is behind them would only say it again.
        let mut sink = Sink::open(settings.clone()).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        sink.deliver(&delivery).await.map_err(|refusal| anyhow::anyhow!("{refusal}"))
    });
    if delivered.is_ok() {
        let took_ms = began.elapsed().as_millis();
        talk(&format!("sink `{}` took the sample {} in {took_ms} ms", args.name, delivery.key));
    }
    delivered.map(|()| Exit::Ok).map_err(Failure::upstream)
}
