//! The judge against one that looks at every alert for every line.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Verdict, alert, but, judged, may, must, must_not};

/// Found, missed, miscounted, duplicates, forbidden, unexpected, own, permitted.
type Counts = [u64; 8];

/// One place for each, without an index. Alerts as in the files; ids decide which of two is the first.
fn naive(ledger: &[Value], alerts: &[Value]) -> Counts {
    let mut counts = Counts::default();
    let about =
        |line: &Value| (line["rule"]["id"].clone(), line["group"].clone(), line["period"]["start"].clone());
    let matches =
        |due: &Value, line: &Value| due["rule_id"] == line["rule"]["id"] && due["group"] == line["group"];
    let is_due =
        |due: &Value, line: &Value| due["must"] == true && matches(due, line) && !line["period"].is_null();
    let number = |value: &Value| value.as_u64().unwrap();
    let mut last: Vec<&Value> = Vec::new();
    for (n, line) in alerts.iter().enumerate() {
        let earlier = |other: &&Value| other["id"] == line["id"] && other["revision"] == line["revision"];
        let before = alerts[..n].iter().filter(earlier).count();
        counts[3] += u64::from(before == 1);
        let rank = |line: &Value| (number(&line["revision"]), number(&line["count"]));
        let beaten = alerts.iter().enumerate().any(|(m, other)| {
            other["id"] == line["id"] && (rank(other) > rank(line) || rank(other) == rank(line) && m < n)
        });
        if !beaten {
            last.push(line);
        }
    }
    last.sort_by_key(|line| line["id"].as_str().unwrap());
    let mut taken: Vec<&Value> = Vec::new();
    for line in &last {
        let due = ledger.iter().any(|due| is_due(due, line));
        let forbidden = ledger.iter().any(|due| due["must"] == false && matches(due, line));
        let twin = taken.iter().any(|other| about(other) == about(line) && !line["period"].is_null());
        if twin {
            counts[3] += 1;
        } else if due {
            let sum: u64 =
                ledger.iter().filter(|due| is_due(due, line)).map(|due| number(&due["count"])).sum();
            let right = line["count_exact"] == false || number(&line["count"]) == sum;
            counts[if right { 0 } else { 2 }] += 1;
        } else if forbidden {
            counts[4] += 1;
        } else if ledger.iter().any(|due| due["may"] == true && matches(due, line)) {
            counts[7] += 1;
        } else if line["event_source"] == "tripline" {
            counts[6] += 1;
            continue;
        } else {
            counts[5] += 1;
        }
        taken.push(line);
    }
    for (n, due) in ledger.iter().enumerate().filter(|(_, due)| due["must"] == true) {
        let same = |other: &Value| {
            other["must"] == true && other["rule_id"] == due["rule_id"] && other["group"] == due["group"]
        };
        let first = !ledger[..n].iter().any(same);
        counts[1] += u64::from(first && !last.iter().any(|line| is_due(due, line)));
    }
    counts
}

fn counts(verdict: &Verdict) -> Counts {
    let len = |len: usize| u64::try_from(len).unwrap();
    [
        verdict.found,
        len(verdict.missed.len()),
        len(verdict.miscounted.len()),
        len(verdict.duplicates.len()),
        len(verdict.forbidden.len()),
        len(verdict.unexpected.len()),
        len(verdict.own.len()),
        len(verdict.permitted.len()),
    ]
}

/// Few rules and groups, so that much is about the same.
fn rule() -> impl Strategy<Value = &'static str> {
    prop_oneof!["p", "q"].prop_map(|rule| if rule == "p" { "p" } else { "q" })
}

fn ledger() -> impl Strategy<Value = Vec<Value>> {
    let line = (0..5_u8, 0..3_u64, rule(), 0..3_u8, 1..4_u64).prop_map(|(kind, n, rule, group, count)| {
        let group = group.to_string();
        match kind {
            0 | 1 => must(n, rule, &group, count),
            2 | 3 => must_not(n, rule, &group),
            _ => may(n, rule, &group),
        }
    });
    vec(line, 0..8)
}

/// An id stands for one rule, group and period, as the engine's do; two ids may stand for the same.
fn alerts() -> impl Strategy<Value = Vec<Value>> {
    let line = (0..24_u8, 1..3_u32, 1..7_u64, 0..8_u8).prop_map(|(id, revision, count, exact)| {
        let change = json!({
            "revision": revision,
            "count_exact": exact > 0,
            "event_source": if id % 5 == 0 { "tripline" } else { "s3.amazonaws.com" },
            "period": if id < 20 { json!({"start": "2026-01-01T00:00:00Z", "seconds": 3600}) } else { Value::Null },
        });
        let rule = if id % 2 == 0 { "p" } else { "q" };
        but(alert(&format!("{id:02}"), rule, &(id / 2 % 4).to_string(), count), change)
    });
    vec(line, 0..12)
}

proptest! {
    #[test]
    fn the_index_changes_nothing(ledger in ledger(), alerts in alerts()) {
        // What is a bound belongs to a count: told alike, it is the same.
        let mut seen: Vec<Value> = Vec::new();
        for line in alerts {
            let same = |other: &&Value| ["id", "revision", "count"].iter().all(|name| other[*name] == line[*name]);
            let line = seen.iter().find(same).cloned().unwrap_or(line);
            seen.push(line);
        }
        let verdict = judged(&ledger, &seen);
        prop_assert_eq!(counts(&verdict), naive(&ledger, &seen));
        let due: std::collections::BTreeSet<_> = ledger.iter().filter(|due| due["must"] == true)
            .map(|due| format!("{} {}", due["rule_id"], due["group"])).collect();
        prop_assert_eq!(verdict.must(), due.len() as u64);
        let ids: std::collections::BTreeSet<_> = seen.iter().map(|line| line["id"].to_string()).collect();
        prop_assert_eq!(verdict.judged() + (verdict.own.len() + verdict.permitted.len()) as u64, ids.len() as u64);
    }

    #[test]
    fn the_order_of_lines_changes_nothing(ledger in ledger(), alerts in alerts(), seed in any::<u64>()) {
        let shuffled = |lines: &[Value]| {
            let mut lines = lines.to_vec();
            let key = |line: &Value| line.to_string().bytes().fold(seed, |key, byte| (key ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            lines.sort_by_key(key);
            lines
        };
        let [straight, other] = [judged(&ledger, &alerts), judged(&shuffled(&ledger), &shuffled(&alerts))];
        prop_assert_eq!(format!("{straight:?}"), format!("{other:?}"));
    }
}
