//! Writes a corpus to files, or sends a load, and keeps the ledger of it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tripline_loadgen::judge::Sent;
use tripline_loadgen::{Corpus, Truth};

use super::load::LoadArgs;
use crate::live::{Load, Running};
use crate::{files, progress};

/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// Writes or sends what the arguments say.
pub(crate) fn run(args: &LoadArgs, corpus: &Corpus) -> anyhow::Result<()> {
    if args.is_files() {
        files::write(corpus, args)?;
        return ledger(args.ledger.as_deref(), corpus.truth(), None);
    }
    super::runtime()?.block_on(async {
        let mut running = begin(args, corpus).await?;
        let result = send(&mut running, || None).await;
        ledger(args.ledger.as_deref(), &running.followed(), Some(&running.books.sent()))?;
        result
    })
}

/// Packs a load and starts its clock.
pub(crate) async fn begin(args: &LoadArgs, corpus: &Corpus) -> anyhow::Result<Running> {
    let bar = progress::bar(corpus.options().events);
    let load = Load::pack(corpus, args.plan()?, |events| bar.set_position(events)).await?;
    bar.finish_and_clear();
    load.begin(corpus)
}

/// Sends a load to its end and tells of it; `found` is what of the alerts that must be is there.
///
/// # Errors
/// When anything was not taken, with what was said last.
pub(crate) async fn send(
    running: &mut Running,
    found: impl Fn() -> Option<(usize, usize)>,
) -> anyhow::Result<()> {
    let (books, began, load) = (running.books.clone(), running.began, running.plan.duration);
    let bar = progress::of_load(load);
    let stop = running.stop.clone();
    let mut ticks = tokio::time::interval(TOLD_EVERY);
    let sending = running.send();
    tokio::pin!(sending);
    let done = loop {
        tokio::select! {
            done = &mut sending => break done,
            _ = ticks.tick() => {
                bar.set_position(began.elapsed().as_secs().min(load.as_secs()));
                bar.set_message(progress::told(&books.sent(), began.elapsed(), found()));
            }
            _ = tokio::signal::ctrl_c() => { stop.send_replace(true); }
        }
    };
    bar.finish_and_clear();
    done?;
    whole(&books.sent())
}

/// A load of which something was given up has failed, and says what was said last.
pub(crate) fn whole(sent: &Sent) -> anyhow::Result<()> {
    let said = sent.last_error.as_deref().unwrap_or_default();
    ensure!(sent.errors == 0, "{} messages were not taken: {said}", sent.errors);
    Ok(())
}

/// Writes the ledger to a file, if there is to be one.
pub(crate) fn ledger(path: Option<&Path>, truth: &Truth, sent: Option<&Sent>) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let write = || -> io::Result<()> {
        let mut out = BufWriter::new(File::create(path)?);
        write_ledger(&mut out, truth, sent)?;
        out.flush()
    };
    write().with_context(|| path.display().to_string())
}

/// Writes what must follow and what must not, and what was sent.
pub(crate) fn write_ledger(out: &mut impl Write, truth: &Truth, sent: Option<&Sent>) -> io::Result<()> {
    truth.write_ledger(out)?;
    sent.map_or(Ok(()), |sent| sent.write_ledger(out))
}
