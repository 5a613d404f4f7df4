//! Hits through windows in memory, a million groups of them, and through window and store: made durable, commit by commit.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use anyhow::ensure;
use serde_json::{Value, json};
use tripline::decode::Limits;
use tripline::pipeline::keeper::{Keeper, Route};
use tripline::pipeline::{Matched, Matcher, State};
use tripline::record::Record;
use tripline::store::Store;

use crate::measure::resident_bytes;
use crate::rules;

const HITS_A_RECORD: u64 = 500;

/// What hits cost.
#[derive(Debug)]
pub(crate) struct Row {
    name: &'static str,
    hits: u64,
    groups: u64,
    hits_a_second: f64,
    /// In memory, or in the store.
    bytes_a_group: f64,
    /// What it takes to fold the rows of the store again, where there is one.
    fold_s: Option<f64>,
}

impl Row {
    pub(crate) fn json(&self) -> Value {
        let Self { name, hits, groups, hits_a_second, bytes_a_group, fold_s } = self;
        json!({
            "measured": name, "hits": hits, "groups": groups, "hits_a_second": hits_a_second,
            "bytes_a_group": bytes_a_group, "fold_s": fold_s,
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, hits, groups, hits_a_second, bytes_a_group, fold_s } = self;
        write!(
            f,
            "{name:8} {hits} hits in {groups} groups: {hits_a_second:.0} a second; {bytes_a_group:.0} bytes a group"
        )?;
        fold_s.map_or(Ok(()), |fold_s| write!(f, "; folded again in {fold_s:.2} s"))
    }
}

/// Record `part` of a stream whose hits go round the groups.
fn record(part: u64, groups: u64) -> Record {
    let line = |n: u64| {
        let [.., a, b, c, d] = (n % groups).to_be_bytes();
        let (m, s) = (n / 20_000 / 60 % 60, n / 20_000 % 60);
        format!(
            r#"{{"eventVersion":"1.08","eventID":"e{n}","eventTime":"2026-02-02T00:{m:02}:{s:02}Z","eventSource":"signin.amazonaws.com","eventName":"Failed","awsRegion":"eu-west-1","sourceIPAddress":"{}.{b}.{c}.{d}","recipientAccountId":"111122223333","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u"}}}}"#,
            1 + a
        )
    };
    let lines: Vec<String> = (part * HITS_A_RECORD..(part + 1) * HITS_A_RECORD).map(line).collect();
    Record::new(&"bench".into(), part, lines.join("\n").into_bytes())
}

fn matched(matcher: &mut Matcher, hits: u64, groups: u64) -> Vec<Matched> {
    (0..hits / HITS_A_RECORD).map(|part| matcher.take(&record(part, groups))).collect()
}

/// Windows alone: matched beforehand, folded under the clock.
pub(crate) fn windows(groups: u64) -> anyhow::Result<Row> {
    let rules = Arc::new(rules::windowed());
    let mut matcher = Matcher::new(Arc::clone(&rules), Limits::STREAM);
    let mut state = State::new(Arc::clone(&rules));
    let (hits, mut took_s, before) = (groups * 2, 0.0, resident_bytes()?);
    let mut part = 0;
    let mut grown = 0.0;
    while part < hits / HITS_A_RECORD {
        // A few at a time, so that what waits takes no memory to speak of.
        let parts = part..(part + 40).min(hits / HITS_A_RECORD);
        part = parts.end;
        let mut batch: Vec<Matched> = parts.map(|part| matcher.take(&record(part, groups))).collect();
        let start = Instant::now();
        batch.iter_mut().for_each(|matched| {
            state.take(matched);
        });
        took_s += start.elapsed().as_secs_f64();
        if part == groups / HITS_A_RECORD {
            #[expect(clippy::cast_precision_loss, reason = "bytes a group")]
            let bytes = resident_bytes()?.saturating_sub(before) as f64 / groups as f64;
            grown = bytes;
        }
    }
    let accounts = state.accounts();
    ensure!(accounts.balances() && accounts.hits.counted == hits, "{accounts:?}");
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let hits_a_second = hits as f64 / took_s;
    Ok(Row { name: "windows", hits, groups, hits_a_second, bytes_a_group: grown, fold_s: None })
}

/// Records in one commit.
const RECORDS_A_COMMIT: usize = 8;

/// Through window and store: folded and committed under the clock; then the store is opened and folded again.
pub(crate) fn durable(hits: u64, groups: u64) -> anyhow::Result<Row> {
    let rules = Arc::new(rules::windowed());
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("durable.db");
    let route: Route = Arc::new(|_| Vec::new());
    let mut keeper = Keeper::open(Store::open(&path)?, &rules, Arc::clone(&route))?;
    let mut batches =
        matched(&mut Matcher::new(Arc::clone(&rules), Limits::STREAM), hits, groups).into_iter();
    let start = Instant::now();
    loop {
        let batch: Vec<Matched> = batches.by_ref().take(RECORDS_A_COMMIT).collect();
        if batch.is_empty() {
            break;
        }
        let mut folded = keeper.fold(batch);
        keeper.write(&mut folded, &[], &[], tripline::pipeline::now_ms())?;
    }
    let took_s = start.elapsed().as_secs_f64();
    let accounts = keeper.accounts();
    ensure!(accounts.balances() && accounts.hits.counted == hits, "{accounts:?}");
    drop(keeper);
    let bytes = std::fs::metadata(&path)?.len();
    let start = Instant::now();
    let again = Keeper::open(Store::open(&path)?, &rules, route)?;
    let fold_s = start.elapsed().as_secs_f64();
    ensure!(again.state().groups() > 0, "nothing was folded again");
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let (hits_a_second, bytes_a_group) = (hits as f64 / took_s, bytes as f64 / groups as f64);
    Ok(Row { name: "durable", hits, groups, hits_a_second, bytes_a_group, fold_s: Some(fold_s) })
}
