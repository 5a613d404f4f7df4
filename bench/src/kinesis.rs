//! From the body of a GetRecords answer to matches, as a multiple of inflating its records.

use std::fmt;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tripline::decode::Kernel;
use tripline::source::kinesis::answer;
use tripline_rules::plan::Ruleset;

use crate::corpus::Corpus;
use crate::floor::{Through, verify};
use crate::measure::{Contender, Floor, medians};

/// What one body costs.
#[derive(Debug)]
pub(crate) struct Row {
    rules: usize,
    events: u64,
    matches: u64,
    body_bytes: usize,
    records_to_inflate: f64,
    ratio_to_inflate: f64,
}

impl Row {
    pub(crate) fn json(&self) -> Value {
        let Self { rules, events, matches, body_bytes, records_to_inflate, ratio_to_inflate } = self;
        json!({
            "rules": rules, "events": events, "matches": matches, "body_bytes": body_bytes,
            "records_to_inflate": records_to_inflate, "ratio_to_inflate": ratio_to_inflate,
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rules, events, matches, body_bytes, records_to_inflate, ratio_to_inflate } = self;
        writeln!(
            f,
            "body              {body_bytes} bytes, {events} events, {matches} matches of {rules} rules"
        )?;
        writeln!(f, "body → records    {records_to_inflate:.3} × inflate")?;
        write!(f, "body → matches    {ratio_to_inflate:.3} × inflate")
    }
}

/// As many records as one answer may hold.
const BODY_BYTES_MAX: usize = 10_000_000;

/// Measures one answer.
pub(crate) fn run(corpus: &Corpus, ruleset: &Ruleset, rounds: usize) -> anyhow::Result<Row> {
    let mut body = String::from(r#"{"MillisBehindLatest":0,"NextShardIterator":"AAAAAAAAAAE=","Records":["#);
    let mut records = Vec::new();
    for (n, record) in corpus.records.iter().enumerate() {
        if body.len() + record.len() * 4 / 3 + 300 > BODY_BYTES_MAX {
            break;
        }
        let data = base64_simd::STANDARD.encode_to_string(record);
        let comma = if n == 0 { "" } else { "," };
        body.push_str(&format!(
            r#"{comma}{{"ApproximateArrivalTimestamp":1.767323045123E9,"Data":"{data}","EncryptionType":"KMS","PartitionKey":"{n:032x}","SequenceNumber":"49590338271490256608559692538361571095921575989136588{n:03}"}}"#
        ));
        records.push(record.clone());
    }
    body.push_str("]}");
    let part = Corpus { name: corpus.name, records, log_events: 0 };
    let (events, matches) = verify(&part, ruleset)?;
    let mut floor = Floor::new(&part.records)?;
    let (mut through, body) = (Through::new(ruleset, Some(Kernel::best()), true), body.into_bytes());
    let read = || answer::read(&body).context("our reader leaves the body to the SDK's");
    let mut contenders: Vec<Contender<'_>> = vec![
        Box::new(|| floor.inflate(&part.records)),
        Box::new(|| {
            let answer = read()?;
            ensure!(answer.records.len() == part.records.len(), "a record is missing");
            Ok(())
        }),
        Box::new(|| {
            let data = read()?.records.into_iter().map(|record| record.data.into_inner()).collect::<Vec<_>>();
            let found = through.run(&data);
            ensure!(found == (events, matches), "{found:?} of {:?}", (events, matches));
            Ok(())
        }),
    ];
    let times = medians(rounds, &mut contenders)?;
    let ratio = |at: usize| times[at].as_secs_f64() / times[0].as_secs_f64();
    Ok(Row {
        rules: ruleset.summary().event_rules,
        events,
        matches,
        body_bytes: body.len(),
        records_to_inflate: ratio(1),
        ratio_to_inflate: ratio(2),
    })
}
