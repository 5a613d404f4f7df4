//! A flood of keys that nobody ever saw, and in it two who are slow: one that was known before, one that came later. Does
//! memory stay within its budget, do rows, and are both told?

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tripline::decode::Limits;
use tripline::pipeline::Matcher;
use tripline::pipeline::keeper::{Budget, Keeper, Route};
use tripline::record::Record;
use tripline::store::{Query, Store};
use tripline_rules::plan::Ruleset;

use crate::measure::resident_bytes;
use crate::rules;

/// How long it lasts, seconds of event time: ten million keys are twenty thousand a second.
const LASTS_S: u64 = 500;

const KEYS_A_RECORD: u64 = 500;

/// Records in one commit.
const RECORDS_A_COMMIT: usize = 4;

/// The slow ones call once in so many seconds: ten times in 270.
const SLOW_EVERY_S: u64 = 30;

/// When the later one begins, seconds.
const LATER_S: u64 = 120;

const SLOW: &str = "198.51.100.66";
const LATER: &str = "203.0.113.9";

/// What to flood with, and within what.
pub(crate) struct Flood {
    pub(crate) keys: u64,
    pub(crate) memory_mib: u64,
    pub(crate) rows_mib: u64,
}

/// What came of it.
pub(crate) struct Result {
    keys: u64,
    took_s: f64,
    /// Resident, before and at most.
    resident_mib: (u64, u64),
    budget_mib: u64,
    rows_mib: u64,
    store_mib: u64,
    over_budget: u64,
    /// Alerts of the two, whether they are approximate, and those of anybody else.
    told: [(u64, bool); 2],
    false_alarms: usize,
    /// Milliseconds.
    commit_p50: f64,
    commit_p99: f64,
    durable_hits_a_second: f64,
}

impl Result {
    pub(crate) fn json(&self) -> Value {
        json!({
            "keys": self.keys, "took_s": self.took_s, "resident_before_mib": self.resident_mib.0,
            "resident_max_mib": self.resident_mib.1, "memory_budget_mib": self.budget_mib, "rows_mib": self.rows_mib,
            "store_mib": self.store_mib, "over_budget": self.over_budget, "slow_count": self.told[0].0,
            "slow_approximate": self.told[0].1, "later_count": self.told[1].0, "later_approximate": self.told[1].1,
            "false_alarms": self.false_alarms, "commit_p50_ms": self.commit_p50, "commit_p99_ms": self.commit_p99,
            "durable_hits_a_second": self.durable_hits_a_second,
        })
    }
}

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, most) = self.resident_mib;
        writeln!(f, "keys             {} in {:.0} s", self.keys, self.took_s)?;
        writeln!(
            f,
            "resident memory  {before} MiB before, {most} MiB at most; the budget of windows is {} MiB",
            self.budget_mib
        )?;
        writeln!(
            f,
            "window rows      {} MiB; the store {} MiB; {} hits over budget",
            self.rows_mib, self.store_mib, self.over_budget
        )?;
        writeln!(
            f,
            "commits          p50 {:.2} ms, p99 {:.2} ms; {:.0} durable hits a second while rows were within budget",
            self.commit_p50, self.commit_p99, self.durable_hits_a_second
        )?;
        for (who, (count, approximate)) in ["known before", "came later"].iter().zip(self.told) {
            writeln!(f, "told             the one that {who}: count {count}, approximate {approximate}")?;
        }
        write!(f, "false alarms     {}", self.false_alarms)
    }
}

fn event(n: u64, time_s: u64, address: &str) -> String {
    // By hand: ten million of them.
    let (h, m, s) = (time_s / 3_600 % 24, time_s / 60 % 60, time_s % 60);
    format!(
        r#"{{"eventVersion":"1.08","eventID":"e{n}","eventTime":"2026-02-02T{h:02}:{m:02}:{s:02}Z","eventSource":"signin.amazonaws.com","eventName":"Failed","awsRegion":"eu-west-1","sourceIPAddress":"{address}","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","recipientAccountId":"111122223333","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u{n}"}},"requestParameters":null,"responseElements":{{"ConsoleLogin":"Failure"}}}}"#
    )
}

/// The records, one after the other.
fn records(keys: u64) -> impl Iterator<Item = Record> {
    (0..keys / KEYS_A_RECORD).map(move |part| {
        let (first, time_s) = (part * KEYS_A_RECORD, part * KEYS_A_RECORD * LASTS_S / keys);
        let mut lines: Vec<String> = (first..first + KEYS_A_RECORD)
            .map(|n| {
                let [.., a, b, c, d] = n.to_be_bytes();
                event(n, time_s, &format!("{}.{b}.{c}.{d}", 1 + a))
            })
            .collect();
        if first % (keys * SLOW_EVERY_S / LASTS_S) < KEYS_A_RECORD {
            lines.push(event(keys + 2 * part, time_s, SLOW));
            if time_s >= LATER_S {
                lines.push(event(keys + 2 * part + 1, time_s, LATER));
            }
        }
        Record::new(&"flood".into(), part, lines.join("\n").into_bytes())
    })
}

pub(crate) fn run(flood: &Flood) -> anyhow::Result<Result> {
    let rules = Arc::new(rules::windowed());
    let folder = std::env::temp_dir().join(format!("tripline-flood-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let result = within(flood, &rules, &folder.join("flood.db"));
    std::fs::remove_dir_all(&folder)?;
    result
}

fn within(flood: &Flood, rules: &Arc<Ruleset>, path: &Path) -> anyhow::Result<Result> {
    let route: Route = Arc::new(|_| Vec::new());
    let memory_max = usize::try_from(flood.memory_mib << 20)?;
    let mut keeper = Keeper::open_on_demand(Store::open(path)?, rules, route, memory_max)?;
    keeper.set_budget(Budget { rule_bytes_max: flood.rows_mib << 20, bytes_max: u64::MAX }, now_ms())?;
    let mut matcher = Matcher::new(Arc::clone(rules), Limits::STREAM);
    let (began, before) = (Instant::now(), resident_mib()?);
    let (mut most, mut commits, mut within_budget) = (before, Vec::new(), None);
    let mut batch = Vec::new();
    for (n, record) in records(flood.keys).enumerate() {
        batch.push(matcher.take(&record));
        if batch.len() < RECORDS_A_COMMIT {
            continue;
        }
        let commit = Instant::now();
        let mut matched = std::mem::take(&mut batch);
        keeper.load(&mut matched, &mut 0)?;
        let mut folded = keeper.fold(matched);
        keeper.write(&mut folded, &[], &[], now_ms())?;
        commits.push(commit.elapsed().as_secs_f64() * 1000.0);
        if within_budget.is_none() && keeper.under_pressure() > 0 {
            within_budget = Some((keeper.accounts().hits.counted, commits.iter().sum::<f64>() / 1000.0));
        }
        if n % 100 < RECORDS_A_COMMIT {
            most = most.max(resident_mib()?);
        }
    }
    let took_s = began.elapsed().as_secs_f64();
    let accounts = keeper.accounts();
    ensure!(accounts.balances(), "accounts: {accounts:?}");
    let (durable, durable_s) =
        within_budget.unwrap_or((accounts.hits.counted, commits.iter().sum::<f64>() / 1000.0));
    let alerts = keeper.store().list(&Query::default())?;
    let of = |address: &str| {
        let mut found =
            alerts.iter().filter(|stored| stored.alert.group.iter().any(|(_, value)| value == address));
        found.next().map(|stored| (stored.alert.count, stored.alert.approximate))
    };
    let told =
        [of(SLOW).context("the slow one that was known before was not told")?, of(LATER).unwrap_or_default()];
    commits.sort_by(f64::total_cmp);
    let at = |percent: usize| commits.get(commits.len() * percent / 100).copied().unwrap_or_default();
    let totals = keeper.store().row_totals()?;
    Ok(Result {
        keys: flood.keys,
        took_s,
        resident_mib: (before, most),
        budget_mib: flood.memory_mib,
        rows_mib: totals.iter().map(|total| total.bytes).sum::<u64>() >> 20,
        store_mib: std::fs::metadata(path)?.len() >> 20,
        over_budget: accounts.hits.over_budget,
        told,
        false_alarms: alerts.len() - 1 - usize::from(told[1].0 > 0),
        commit_p50: at(50),
        commit_p99: at(99),
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        durable_hits_a_second: durable as f64 / durable_s,
    })
}

fn now_ms() -> i64 {
    tripline::pipeline::now_ms()
}

fn resident_mib() -> anyhow::Result<u64> {
    Ok(resident_bytes()? >> 20)
}
