//! A corpus as files, or on standard output.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use indicatif::ProgressBar;
use jiff::Timestamp;
use tripline_loadgen::{Corpus, LogEvent, Origin, Packing};

use crate::cli::load::{Format, LoadArgs};
use crate::progress;
use crate::target::Target;

/// A file of the S3 layout covers so many seconds of delivery, and holds so many records at most.
const FILE_S: i64 = 300;
const FILE_RECORDS_MAX: usize = 1_000;

/// Writes the corpus into the folder that the arguments name, or to standard output.
pub(crate) fn write(corpus: &Corpus, args: &LoadArgs) -> anyhow::Result<()> {
    let progress = progress::bar(corpus.options().events);
    let Target::Folder(out) = &args.target else {
        ndjson(corpus, &progress, &mut BufWriter::new(io::stdout().lock())).context("standard output")?;
        progress.finish_and_clear();
        return Ok(());
    };
    match args.format {
        Format::Ndjson => {
            let mut file = create(out, "events.ndjson")?;
            ndjson(corpus, &progress, &mut file).with_context(|| out.display().to_string())?;
        }
        Format::Messages => messages(corpus, &progress, args.packing(), out)?,
        Format::S3 => s3(corpus, &progress, out)?,
    }
    progress.finish_and_clear();
    Ok(())
}

fn ndjson(corpus: &Corpus, progress: &ProgressBar, out: &mut impl Write) -> io::Result<()> {
    for event in corpus.log_events() {
        out.write_all(event.message.as_bytes())?;
        out.write_all(b"\n")?;
        progress.inc(1);
    }
    out.flush()
}

fn messages(corpus: &Corpus, progress: &ProgressBar, packing: Packing, out: &Path) -> anyhow::Result<()> {
    for (message, n) in corpus.messages(packing).zip(0_u64..) {
        let mut file = create(out, &format!("{n:08}.json.gz"))?;
        file.write_all(&message.bytes).and_then(|()| file.flush())?;
        progress.inc(u64::from(message.log_events));
    }
    Ok(())
}

/// The records of one account, region and file so far.
#[derive(Default)]
struct Open {
    slot: i64,
    texts: Vec<String>,
}

fn s3(corpus: &Corpus, progress: &ProgressBar, out: &Path) -> anyhow::Result<()> {
    let mut open: BTreeMap<(String, &'static str), Open> = BTreeMap::new();
    let mut written = 0_u64;
    // What is not CloudTrail never reaches CloudTrail's bucket.
    for event in corpus.log_events().filter(|event| event.origin != Origin::Foreign) {
        let LogEvent { message, logs_time_ms, account, region, .. } = event;
        let slot = logs_time_ms.div_euclid(FILE_S * 1000);
        let file = open.entry((account.to_string(), region)).or_default();
        if !file.texts.is_empty() && (file.slot != slot || file.texts.len() >= FILE_RECORDS_MAX) {
            s3_file(out, &account, region, file, written)?;
            written += 1;
            file.texts.clear();
        }
        file.slot = slot;
        file.texts.push(message);
        progress.inc(1);
    }
    for ((account, region), file) in &open {
        s3_file(out, account, region, file, written)?;
        written += 1;
    }
    Ok(())
}

fn s3_file(out: &Path, account: &str, region: &str, file: &Open, n: u64) -> anyhow::Result<()> {
    let time = Timestamp::from_second((file.slot + 1) * FILE_S)?;
    let folder = out.join(format!("AWSLogs/{account}/CloudTrail/{region}/{}", time.strftime("%Y/%m/%d")));
    let name = format!("{account}_CloudTrail_{region}_{}_{n:016X}.json.gz", time.strftime("%Y%m%dT%H%MZ"));
    let mut encoder = GzEncoder::new(create(&folder, &name)?, Compression::new(6));
    write!(encoder, "{{\"Records\":[{}]}}", file.texts.join(","))?;
    encoder.finish()?.flush()?;
    Ok(())
}

fn create(folder: &Path, name: &str) -> anyhow::Result<BufWriter<File>> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let path = folder.join(name);
    File::create(&path).map(BufWriter::new).with_context(|| path.display().to_string())
}
