//! What is measured on: the load generator's organisation, packed as CloudWatch Logs packs. Its own counts are kept beside it, so
//! that a reader that loses events cannot pass for a fast one, and its figures are checked, so that a ratio is always of the
//! same work.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use tripline_loadgen::{LogEvent, Options, Origin};

/// Data messages, and how many log events are in them.
#[derive(Debug, Clone)]
pub(crate) struct Corpus {
    pub(crate) name: &'static str,
    pub(crate) records: Vec<Vec<u8>>,
    pub(crate) log_events: u64,
}

/// Events a message in the corpora that are compared; in the small and in the big one.
const EVENTS_A_MESSAGE: usize = 50;
const EVENTS_A_SMALL_MESSAGE: usize = 3;
const EVENTS_A_BIG_MESSAGE: usize = 320;

/// Who is in the trail.
const PRINCIPALS: usize = 4;

/// Traffic of an hour: its density decides how alike neighbours are.
const EVENTS_AN_HOUR: usize = 200_000;

/// The level that CloudWatch Logs packs with.
const LEVEL: u32 = 6;

/// Events of many accounts are handed over mixed within windows of so many.
const MIXED_WITHIN: usize = 800;

/// What a corpus must be to be the one that figures are of: bytes an event, inflated and as they come.
struct Figures {
    bytes: (f64, f64),
    gzip: (f64, f64),
}

const MAIN: Figures = Figures { bytes: (1_650.0, 1_800.0), gzip: (280.0, 290.0) };
const TRAIL: Figures = Figures { bytes: (1_650.0, 1_850.0), gzip: (165.0, 180.0) };

/// The first so many events of two hundred accounts in eight regions: fifty a message, three, and three hundred and twenty.
pub(crate) fn main(events: usize) -> anyhow::Result<[Corpus; 3]> {
    let events = mixed_events(events)?;
    let main = pack("main", &events, EVENTS_A_MESSAGE)?;
    main.check(&MAIN)?;
    let small = pack("small", &events, EVENTS_A_SMALL_MESSAGE)?;
    Ok([main, small, pack("big", &events, EVENTS_A_BIG_MESSAGE)?])
}

/// The first so many events of `main`, which may be too few for its figures to hold.
pub(crate) fn part(events: usize) -> anyhow::Result<Corpus> {
    pack("part", &mixed_events(events)?, EVENTS_A_MESSAGE)
}

fn mixed_events(events: usize) -> anyhow::Result<Vec<LogEvent>> {
    Ok(mixed(traffic(EVENTS_AN_HOUR.max(events), events, 200, 8)?))
}

/// So many events of the few busiest principals of one account: what its trail looks like while a workload runs.
pub(crate) fn trail(events: usize) -> anyhow::Result<Corpus> {
    let all = (EVENTS_AN_HOUR / 2).max(events * 5);
    let mut all = traffic(all, all, 4, 1)?;
    let busiest = all.first().context("no events")?.account.clone();
    all.retain(|event| event.account == busiest);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    all.iter().for_each(|event| *counts.entry(principal(&event.message)).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let few: Vec<String> = counts.iter().take(PRINCIPALS).map(|(name, _)| (*name).to_owned()).collect();
    all.retain(|event| few.iter().any(|name| name == principal(&event.message)));
    ensure!(all.len() >= events, "{} events of {events} are by {PRINCIPALS} principals", all.len());
    all.truncate(events);
    let trail = pack("trail", &all, EVENTS_A_MESSAGE)?;
    trail.check(&TRAIL)?;
    Ok(trail)
}

/// Whose call it is, as far as it takes to tell the busiest.
fn principal(message: &str) -> &str {
    let start = message.find("\"principalId\":\"").map_or(0, |at| at + 15);
    message[start..].split('"').next().unwrap_or_default()
}

/// The gzip'd data messages in a folder.
pub(crate) fn folder(folder: &Path) -> anyhow::Result<Corpus> {
    let named = || folder.display().to_string();
    let entries = std::fs::read_dir(folder).with_context(named)?;
    let mut paths: Vec<_> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>().with_context(named)?;
    paths.retain(|path| path.is_file());
    paths.sort();
    let records = paths
        .iter()
        .map(|path| std::fs::read(path).with_context(|| path.display().to_string()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!records.is_empty(), "no files in {}", folder.display());
    Ok(Corpus { name: "given", records, log_events: 0 })
}

/// The first `few` of so many events of an hour.
fn traffic(events: usize, few: usize, accounts: u32, regions: u32) -> anyhow::Result<Vec<LogEvent>> {
    let options =
        Options { events: u64::try_from(events)?, accounts, regions, foreign_ppm: 0, ..Options::default() };
    let corpus = tripline_loadgen::Corpus::new(options)?;
    Ok(corpus.log_events().filter(|event| event.origin != Origin::Foreign).take(few).collect())
}

/// The same events, in an order as many log streams of one group are read.
fn mixed(mut events: Vec<LogEvent>) -> Vec<LogEvent> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for window in events.chunks_mut(MIXED_WITHIN) {
        for at in (1..window.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let other = usize::try_from(state >> 33).unwrap_or(0) % (at + 1);
            window.swap(at, other);
        }
    }
    events
}

fn pack(name: &'static str, events: &[LogEvent], a_message: usize) -> anyhow::Result<Corpus> {
    let messages = events.chunks_exact(a_message);
    let log_events = u64::try_from(messages.len() * a_message)?;
    let records =
        messages.enumerate().map(|(n, events)| message(n, events)).collect::<anyhow::Result<_>>()?;
    Ok(Corpus { name, records, log_events })
}

fn message(n: usize, events: &[LogEvent]) -> anyhow::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    out.write_all(
        br#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"organization-trail","logStream":"o-exampleorgid_111122223333_CloudTrail_eu-west-1","subscriptionFilters":["tripline"],"logEvents":["#,
    )?;
    for (at, event) in events.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Ids of CloudWatch Logs have 56 digits, which go up with the time.
        let id =
            u128::try_from(event.logs_time_ms)? * 1_000_000_007 + u128::try_from(n * 1_000 + at)? * 104_729;
        let message = serde_json::to_string(&event.message)?;
        write!(
            out,
            r#"{comma}{{"id":"39{id:054}","timestamp":{},"message":{message}}}"#,
            event.logs_time_ms
        )?;
    }
    out.write_all(b"]}")?;
    Ok(out.finish()?)
}

impl Corpus {
    /// Bytes of all records, as they come.
    pub(crate) fn bytes(&self) -> usize {
        self.records.iter().map(Vec::len).sum()
    }

    #[expect(clippy::cast_precision_loss, reason = "bytes an event")]
    fn check(&self, figures: &Figures) -> anyhow::Result<()> {
        let mut inflated = 0;
        for record in &self.records {
            inflated += super::measure::inflated(record)?.len();
        }
        let an_event = |bytes: usize| bytes as f64 / self.log_events as f64;
        let (bytes, gzip) = (an_event(inflated), an_event(self.bytes()));
        let within = |(least, most): (f64, f64), found: f64| least <= found && found <= most;
        ensure!(
            within(figures.bytes, bytes) && within(figures.gzip, gzip),
            "corpus `{}` has {bytes:.0} bytes an event, {gzip:.0} gzip'd: not what figures are of",
            self.name
        );
        Ok(())
    }
}
