//! The object for programs. What it names is given as it came; JSON escapes what would end it.

use serde_json::{Map, Value, json};

use super::Report;
use crate::judge::about::About;
use crate::judge::hop::Took;
use crate::judge::verdict::{Case, Duplicate, Raised};

pub(super) fn object(report: &Report<'_>) -> Value {
    let Report { verdict, sent } = report;
    let miscounted = verdict.miscounted.iter().map(|one| with(case(&one.case), "counted", one.counted));
    let forbidden = verdict.forbidden.iter().map(|one| with(raised(&one.raised), "by", one.play.to_string()));
    let duplicates = verdict.duplicates.iter().map(|one| match one {
        Duplicate::Told { raised: it, revision, times } => {
            with(with(raised(it), "revision", *revision), "times", *times)
        }
        Duplicate::Id { raised: it, other } => with(raised(it), "other_id", other.as_str()),
    });
    let took: Map<_, _> =
        verdict.took.iter().map(|(hop, took)| (hop.as_str().to_owned(), latency(took))).collect();
    let worst = verdict.worst.as_ref().map(|worst| {
        let cases = worst.cases.iter().map(|(ms, one)| with(case(one), "ms", *ms));
        json!({"hop": worst.hop.as_str(), "cases": cases.collect::<Vec<_>>()})
    });
    json!({
        "holds": verdict.holds(),
        "must": verdict.must(),
        "found": verdict.found,
        "inexact": verdict.inexact,
        "judged": verdict.judged(),
        "recall": verdict.recall(),
        "precision": verdict.precision(),
        "missed": verdict.missed.iter().map(case).collect::<Vec<_>>(),
        "miscounted": miscounted.collect::<Vec<_>>(),
        "forbidden": forbidden.collect::<Vec<_>>(),
        "unexpected": verdict.unexpected.iter().map(raised).collect::<Vec<_>>(),
        "duplicates": duplicates.collect::<Vec<_>>(),
        "permitted": verdict.permitted.iter().map(raised).collect::<Vec<_>>(),
        "own": verdict.own.iter().map(raised).collect::<Vec<_>>(),
        "latency": took,
        "worst": worst,
        "sent": sent,
    })
}

fn case(case: &Case) -> Value {
    let object = json!({
        "scenario": case.play.scenario,
        "instance": case.play.instance,
        "others": case.others,
        "count": case.count,
        "sent_ms": case.sent_ms,
    });
    about(object, &case.about)
}

fn raised(raised: &Raised) -> Value {
    about(json!({"id": raised.id, "count": raised.count}), &raised.about)
}

fn about(object: Value, about: &About) -> Value {
    let object = with(object, "rule_id", about.rule_id.as_str());
    let object = with(object, "group", json!(about.group));
    let object = with(object, "period_start_s", json!(about.period.map(|period| period.start_s)));
    with(object, "period_s", json!(about.period.map(|period| period.length_s)))
}

fn latency(took: &Took) -> Value {
    json!({
        "alerts": took.alerts(),
        "clamped": took.clamped(),
        "p50_ms": took.quantile_ms(0.5),
        "p90_ms": took.quantile_ms(0.9),
        "p99_ms": took.quantile_ms(0.99),
        "p99_9_ms": took.quantile_ms(0.999),
        "max_ms": took.max_ms(),
    })
}

fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    object[name] = value.into();
    object
}
