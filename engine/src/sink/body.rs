//! An alert as one line of JSON: what files, standard output, webhooks and queues are given.
//!
//! Invariant: no byte of it controls a terminal or ends the line. What an event's text could hide is written as the JSON
//! escape of itself, so a reader of JSON gets it unchanged.

use std::fmt::Write;

use serde::Serialize;
use serde_json::json;

use super::{Delivery, Refusal};
use crate::alert::gain::Gain;
use crate::alert::{self, Alert};

/// Whose JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// The alert as the store keeps it. A sample has one member more, `"sample": true`.
    #[default]
    Native,
    /// An OCSF Detection Finding. A sample says so in `unmapped`.
    Ocsf,
}

/// The native form, and what a delivery adds to it.
#[derive(Serialize)]
pub(super) struct Native<'a> {
    #[serde(flatten)]
    pub(super) alert: &'a Alert,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) sample: bool,
    /// What the alert has that its last notification did not have.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) gained: &'a [Gain],
    /// True if a person had acknowledged or closed the alert before it gained this.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) since_acknowledgment: bool,
    /// What was left out for the sake of a size, as paths of members.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) truncated: &'a [&'static str],
}

impl<'a> Native<'a> {
    /// Returns the native form of a delivery, whole.
    pub(super) fn of(delivery: &Delivery<'a>) -> Self {
        Self {
            alert: delivery.alert,
            sample: delivery.sample,
            gained: delivery.gained,
            since_acknowledgment: delivery.since_acknowledgment,
            truncated: &[],
        }
    }
}

/// A delivery as one line, without its end.
pub(super) fn line(delivery: &Delivery<'_>, format: Format) -> Result<String, Refusal> {
    let alert = delivery.alert;
    let written = match format {
        Format::Native => serde_json::to_string(&Native::of(delivery)),
        Format::Ocsf => {
            // The time of the finding is the alert's own, so that every attempt says the same.
            let time_ms = alert.latency.alerted_ms.unwrap_or(delivery.now_ms);
            let mut finding = alert::ocsf::finding(alert, time_ms);
            if delivery.sample {
                finding["unmapped"]["sample"] = true.into();
            }
            if !delivery.gained.is_empty() {
                finding["unmapped"]["gained"] = json!(delivery.gained);
                finding["unmapped"]["since_acknowledgment"] = delivery.since_acknowledgment.into();
            }
            serde_json::to_string(&finding)
        }
    };
    Ok(escaped(&written.map_err(|source| Refusal::Alert { source })?))
}

/// Valid JSON as the same JSON on one line that is safe to show.
pub(super) fn escaped(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        if c == ' ' || c.is_ascii_graphic() {
            line.push(c);
        } else if c < ' ' {
            // Between two tokens: inside a string JSON has no such character.
            line.push(' ');
        } else if alert::hides(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::sink::sample;

    #[test]
    fn a_line_is_the_native_form_and_a_sample_says_so() {
        let alert = sample(1_767_323_000_000);
        let mut delivery = Delivery::new(&alert, 1_767_323_000_000);
        assert_eq!(line(&delivery, Format::Native).unwrap(), alert.json().unwrap());
        delivery.sample = true;
        let text = line(&delivery, Format::Native).unwrap();
        let marked: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(marked["sample"], true);
        let read: Alert = serde_json::from_str(&text).unwrap();
        assert_eq!(read, alert, "who does not know the mark reads the alert");
        let finding: Value = serde_json::from_str(&line(&delivery, Format::Ocsf).unwrap()).unwrap();
        assert_eq!(finding["unmapped"]["sample"], true);
        delivery.now_ms += 60_000;
        assert_eq!(finding, serde_json::from_str::<Value>(&line(&delivery, Format::Ocsf).unwrap()).unwrap());
    }

    #[test]
    fn a_line_controls_nothing_and_keeps_everything() {
        let text = "a\u{9b}31m\u{7f}\u{202e}\u{2028}\u{e0041}\"\\\n\u{1b}é😀";
        let json = format!("{{\r\n\t\"a\": {}\n}}", serde_json::to_string(text).unwrap());
        let line = escaped(&json);
        assert!(!line.chars().any(alert::hides), "{line:?}");
        assert!(line.contains("é😀"), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["a"], text);
    }
}
