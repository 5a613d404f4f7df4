//! `tripline doctor`: what is wrong with an installation, and what to do about each. Looks at the configuration, the rules, the
//! store beside its writer, and the engine's port when there is one; changes nothing.

mod books;
mod engine;
mod state;

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::config::ConfigArgs;
use super::output::json_for_stdout;
use super::ruleset::RuleArgs;
use super::{Exit, Failure, runtime};
use crate::alert::clean;
use crate::config::Config;
use crate::pipeline::now_ms;
use crate::store::{self, Store};

/// Say what is wrong with an installation, and what to do about it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = ["table", "json"])]
    output: String,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// Alerts are lost, late or wrong until it is mended.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Checked {
    health: Health,
    /// What.
    what: &'static str,
    /// How it is.
    says: String,
    /// What to do about it; nothing for what is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

/// Everything that was looked at.
#[derive(Debug, Default)]
struct Findings(Vec<Checked>);

impl Findings {
    fn ok(&mut self, what: &'static str, says: impl Into<String>) {
        self.0.push(Checked { health: Health::Ok, what, says: says.into(), mend: None });
    }

    fn warn(&mut self, what: &'static str, says: impl Into<String>, mend: impl Into<String>) {
        self.0.push(Checked { health: Health::Warn, what, says: says.into(), mend: Some(mend.into()) });
    }

    fn fail(&mut self, what: &'static str, says: impl Into<String>, mend: impl Into<String>) {
        self.0.push(Checked { health: Health::Fail, what, says: says.into(), mend: Some(mend.into()) });
    }

    /// Well, or a failure with its remedy.
    fn require(&mut self, well: bool, what: &'static str, says: impl Into<String>, mend: &str) {
        if well { self.ok(what, says) } else { self.fail(what, says, mend) }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let config = match args.config.load() {
        Ok(loaded) => loaded.config,
        Err(exit) => return Ok(exit),
    };
    let mut findings = Findings::default();
    match &config.kinesis {
        Some(kinesis) => findings.ok("configuration", format!("stream {}", kinesis.stream)),
        None => {
            findings.warn("configuration", "no stream is named", "set kinesis.stream, or run `replay` only")
        }
    }
    rules(&config, &mut findings)?;
    let now_ms = now_ms();
    let engine = engine::ask(&runtime()?, &config, &mut findings);
    match Store::open_beside(&config.store.path) {
        Ok(store) => {
            permissions(&config.store.path, &mut findings);
            books::look(&store, &mut findings)?;
            state::look(&store, &config, engine, now_ms, &mut findings)?;
        }
        Err(error) => {
            findings.fail(
                "store",
                error.to_string(),
                "set store.path; `tripline run` makes a store that is not there",
            );
        }
    }
    tell(&findings, &args.output)?;
    let worst = findings.0.iter().map(|checked| checked.health).max();
    Ok(if worst == Some(Health::Fail) { Exit::CheckFailed } else { Exit::Ok })
}

/// Warns of a store that others than its owner may read or write.
fn permissions(path: &Path, findings: &mut Findings) {
    // A file that was opened a moment ago and is gone is reported by what follows.
    if let Ok(Some(mode)) = store::open_to_others(path) {
        let path = path.display();
        findings.warn(
            "store",
            format!("{path} has mode {mode:04o}: others on this machine have access to what events said"),
            format!("chmod 600 '{path}' '{path}'-wal '{path}'-shm '{path}'.lock"),
        );
    }
}

fn rules(config: &Config, findings: &mut Findings) -> Result<(), Failure> {
    let loaded = RuleArgs::chosen(&config.rules).load()?;
    let (running, refused) = (loaded.ruleset.rules().len(), loaded.errors());
    findings.require(
        refused == 0,
        "rules",
        format!("{running} run, {refused} errors keep others from it"),
        "`tripline rules check` says what is wrong with each, and where",
    );
    let beats = config.heartbeat.is_some();
    if beats && loaded.ruleset.find("tripline-heartbeat").is_none() {
        findings.fail("heartbeat", "no rule matches it, so it is never sent", "add `engine` to rules.packs");
    } else if beats {
        findings.ok("heartbeat", "an address is named");
    } else {
        findings.warn(
            "heartbeat",
            "nobody outside would notice if the engine stopped",
            "name a dead man's switch in [heartbeat]",
        );
    }
    Ok(())
}

fn tell(findings: &Findings, format: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if format == "json" {
        let text = serde_json::to_string_pretty(&findings.0).map_err(io::Error::from)?;
        writeln!(out, "{}", json_for_stdout(&text))?;
        return Ok(());
    }
    for Checked { health, what, says, mend } in &findings.0 {
        let word = match health {
            Health::Ok => "ok",
            Health::Warn => "WARN",
            Health::Fail => "FAIL",
        };
        writeln!(out, "{word:4}  {what:13}  {}", clean(says))?;
        if let Some(mend) = mend {
            writeln!(out, "                     -> {}", clean(mend))?;
        }
    }
    Ok(())
}
