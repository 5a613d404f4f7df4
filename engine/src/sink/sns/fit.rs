//! An alert that fits into one SNS message: what proves it gives way before what says it, and `truncated` names what is
//! missing. The store has the whole.

use serde_json::value::RawValue;

use crate::alert::Alert;
use crate::alert::gain::Gain;
use crate::sink::Delivery;
use crate::sink::body::{Native, escaped};

/// SNS takes 262,144 bytes, attributes included; theirs are ten of at most 128, with names.
pub(super) const BYTES_MAX: usize = 262_144 - 8_192;
/// Ids that stay when the list is cut.
const IDS_MAX: usize = 100;
/// The last resort: what any one text may keep, how many reasons and group values, and how many values of each kind of a scope.
const TEXT_CHARS_MAX: usize = 100;
const ITEMS_MAX: usize = 16;
const SCOPE_VALUES_MAX: usize = 3;

/// One step: what it is called in `truncated`, and what it takes away.
type Step = (&'static str, fn(&mut Alert));

/// In this order, until it fits. The last always does: fewer than 200 texts of 100 characters, none of which is written in
/// more than 12 bytes.
const STEPS: [Step; 6] = [
    ("evidence.more", |alert| alert.evidence.more.clear()),
    ("event_ids", |alert| alert.event_ids.truncate(IDS_MAX)),
    ("evidence.latest", |alert| alert.evidence.latest = RawValue::NULL.to_owned()),
    ("evidence.first", |alert| alert.evidence.first = RawValue::NULL.to_owned()),
    ("why", |alert| alert.why.truncate(ITEMS_MAX)),
    ("texts", shorten),
];

/// The message.
pub(in crate::sink) fn message(delivery: &Delivery<'_>) -> serde_json::Result<String> {
    let write = |alert: &Alert, gained: &[Gain], truncated: &[&'static str]| {
        let native = Native { alert, gained, truncated, ..Native::of(delivery) };
        serde_json::to_string(&native).map(|json| escaped(&json))
    };
    let mut message = write(delivery.alert, delivery.gained, &[])?;
    if message.len() <= BYTES_MAX {
        return Ok(message);
    }
    let mut alert = delivery.alert.clone();
    let mut gained = delivery.gained.to_vec();
    let mut truncated = Vec::new();
    for (name, take) in STEPS {
        take(&mut alert);
        truncated.push(name);
        if truncated.len() == STEPS.len() {
            gained.iter_mut().for_each(|gain| shorten_values(&mut gain.values));
        }
        message = write(&alert, &gained, &truncated)?;
        if message.len() <= BYTES_MAX {
            break;
        }
    }
    Ok(message)
}

/// Every text that an event or a rule can make long.
fn shorten(alert: &mut Alert) {
    let rule = &mut alert.rule;
    rule.tags.truncate(ITEMS_MAX);
    rule.references.truncate(ITEMS_MAX);
    alert.event_ids.truncate(ITEMS_MAX);
    let scope = &mut alert.scope;
    for kind in [&mut scope.event_names, &mut scope.targets, &mut scope.source_ips, &mut scope.regions] {
        shorten_values(&mut kind.first);
    }
    let texts = [
        &mut alert.summary,
        &mut alert.account,
        &mut alert.region,
        &mut alert.principal,
        &mut alert.source_ip,
        &mut alert.user_agent,
        &mut alert.event_source,
        &mut alert.event_name,
        &mut alert.error_code,
        &mut rule.id,
        &mut rule.title,
    ];
    texts.into_iter().for_each(cut);
    rule.author.iter_mut().chain(&mut rule.description).for_each(cut);
    rule.tags.iter_mut().chain(&mut rule.references).chain(&mut alert.event_ids).for_each(cut);
    for why in &mut alert.why {
        [&mut why.field, &mut why.operator, &mut why.expected, &mut why.value].into_iter().for_each(cut);
    }
    let short = |(name, value): &(String, String)| {
        let (mut name, mut value) = (name.clone(), value.clone());
        cut(&mut name);
        cut(&mut value);
        (name, value)
    };
    alert.group = alert.group.iter().take(ITEMS_MAX).map(short).collect();
}

fn shorten_values(values: &mut Vec<String>) {
    values.truncate(SCOPE_VALUES_MAX);
    values.iter_mut().for_each(cut);
}

fn cut(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(TEXT_CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
}
