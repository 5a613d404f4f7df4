//! Sends a load, collects what the engine raises meanwhile, waits until everything that must be is there, and judges.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use tokio::time::sleep;
use tripline_loadgen::Corpus;
use tripline_loadgen::judge::{self, Ledger, Verdict};

use super::load::{LoadArgs, duration};
use super::report::ReportArgs;
use super::send;
use crate::alerts::Alerts;

/// How often alerts are asked for.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// How long at least what must not come is waited for.
const QUIET: Duration = Duration::from_secs(5);

/// Sends a load, collects the alerts, judges.
#[derive(Debug, Args)]
pub(crate) struct DriveArgs {
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    /// The engine's port: `http://127.0.0.1:9464`
    #[arg(long)]
    alerts_from: String,
    /// The file with the token that the port wants
    #[arg(long)]
    token_file: Option<std::path::PathBuf>,
    /// How long alerts may take after the load
    #[arg(long, default_value = "30s")]
    settle: String,
    #[command(flatten)]
    report: ReportArgs,
}

/// Returns whether the verdict holds.
pub(crate) fn run(args: &DriveArgs, corpus: &Corpus) -> anyhow::Result<bool> {
    ensure!(
        !args.load.is_files(),
        "--target {}: only a stream or a log group can be driven",
        args.load.target
    );
    let settle = duration("--settle", &args.settle)?;
    let alerts = Arc::new(Alerts::at(&args.alerts_from, args.token_file.as_deref())?);
    super::runtime()?.block_on(async {
        // Whatever was there before is none of this load's.
        let before = alerts.all().await?.len();
        let mut running = send::begin(&args.load, corpus).await?;
        let must = running.must();
        let found = Arc::new(AtomicUsize::new(0));
        let asking = tokio::spawn(ask(Arc::clone(&alerts), before, Arc::clone(&found)));
        let result = send::send(&mut running, || Some((found.load(Ordering::Relaxed), must))).await;
        asking.abort();
        let (truth, sent) = (running.followed(), running.books.sent());
        let mut text = Vec::new();
        send::write_ledger(&mut text, &truth, Some(&sent))?;
        send::ledger(args.load.ledger.as_deref(), &truth, Some(&sent))?;
        result?;
        let ledger = Ledger::read("the ledger", text.as_slice())?;
        let verdict = settled(&alerts, before, &ledger, settle).await?;
        args.report.write(&verdict, ledger.sent.as_ref())?;
        Ok(verdict.holds())
    })
}

/// Counts alerts as they come.
async fn ask(alerts: Arc<Alerts>, before: usize, found: Arc<AtomicUsize>) {
    loop {
        sleep(ASKED_EVERY).await;
        // Who does not answer now may answer later; at the end it must.
        if let Ok(all) = alerts.all().await {
            found.store(all.len().saturating_sub(before), Ordering::Relaxed);
        }
    }
}

/// The verdict as soon as all is found that must be, and at the latest when the time is over.
async fn settled(
    alerts: &Alerts,
    before: usize,
    ledger: &Ledger,
    settle: Duration,
) -> anyhow::Result<Verdict> {
    let began = Instant::now();
    loop {
        let lines = alerts.all().await?.into_iter().skip(before).collect::<Vec<_>>().join("\n");
        let mut raised = judge::Alerts::default();
        raised.read(&alerts.url, lines.as_bytes())?;
        let verdict = judge::judge(ledger, &raised);
        let is_all = verdict.missed.is_empty() && verdict.miscounted.is_empty();
        if is_all && began.elapsed() >= QUIET.min(settle) || began.elapsed() >= settle {
            return Ok(verdict);
        }
        sleep(ASKED_EVERY).await;
    }
}
