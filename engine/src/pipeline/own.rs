//! What the engine itself has to say, in the form of an event: so that rules decide what becomes of it, and windows, store
//! and sinks treat it like everything else. The rules are those of the pack `engine`.
//!
//! An event's id and time follow from what it tells, so that telling it again, after a restart, changes nothing.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::alert::rfc3339;
use crate::hit::hex;
use crate::record::Gap;

/// What `eventSource` says; no AWS service is called so.
pub use crate::alert::OWN_SOURCE;

/// A record may come so much later than its events were written to the log.
const DELIVERY_S: i64 = 15 * 60;

/// What there is to tell of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The stream's ARN.
    pub stream_arn: String,
    /// The log group behind it, when the operator named it.
    pub log_group: Option<String>,
}

/// Something to tell. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq)]
pub enum Own<'o> {
    /// Records were gone before they were read.
    Lost {
        /// The shard, as positions name it.
        source: &'o str,
        /// When.
        gap: &'o Gap,
    },
    /// Nothing comes any more.
    Silent {
        /// An account and a region; none for the whole stream.
        place: Option<(&'o str, &'o str)>,
        /// The last that came.
        since_ms: i64,
        /// When that was too long.
        noticed_ms: i64,
    },
    /// The first event of an account in a region.
    New {
        /// Account and region.
        place: (&'o str, &'o str),
        /// When it came.
        seen_ms: i64,
    },
    /// A rule's hits are beyond the budget of rows, or no longer.
    Pressure {
        /// The rule.
        rule: &'o str,
        /// Since when.
        from_ms: i64,
        /// Until when, once it is over.
        to_ms: Option<i64>,
    },
    /// Rows of the store are not what was written.
    Damaged {
        /// The table.
        table: &'o str,
        /// Its damaged rows, of which copies are kept.
        rows: u64,
        /// When the last of them was found.
        found_ms: i64,
    },
    /// Nothing but that all is well so far.
    Heartbeat {
        /// When.
        at_ms: i64,
    },
}

impl Own<'_> {
    /// The event, one JSON object.
    pub(super) fn event(&self, about: &About) -> String {
        let home: Vec<&str> = about.stream_arn.split(':').collect();
        let at = |n: usize| home.get(n).copied().unwrap_or_default();
        let (account, region) = self.place().unwrap_or((at(4), at(3)));
        let stream = at(5).trim_start_matches("stream/");
        let (name, time_ms, sentence, mut details) = self.told(stream, about.log_group.as_deref());
        details["sentence"] = sentence.into();
        details["stream"] = stream.into();
        let identity = json!([name, about.stream_arn, account, region, time_ms, self.source()]).to_string();
        json!({
            "eventVersion": "1.08",
            "userIdentity": {"type": "AWSService", "invokedBy": OWN_SOURCE},
            "eventTime": rfc3339(time_ms.div_euclid(1000)),
            "eventSource": OWN_SOURCE,
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": OWN_SOURCE,
            "eventID": format!("{OWN_SOURCE}:{}", hex(&Sha256::digest(identity)[..16])),
            "eventType": "AwsServiceEvent",
            "recipientAccountId": account,
            "serviceEventDetails": details,
        })
        .to_string()
    }

    fn place(&self) -> Option<(&str, &str)> {
        match self {
            Own::Lost { .. } | Own::Pressure { .. } | Own::Damaged { .. } | Own::Heartbeat { .. } => None,
            Own::Silent { place, .. } => *place,
            Own::New { place, .. } => Some(*place),
        }
    }

    fn source(&self) -> &str {
        match self {
            Own::Lost { source, .. } => source,
            Own::Pressure { rule, .. } => rule,
            Own::Damaged { table, .. } => table,
            _ => "",
        }
    }

    /// Name, time, sentence and details of the event.
    fn told(&self, stream: &str, log_group: Option<&str>) -> (&'static str, i64, String, Value) {
        match self {
            Own::Lost { source, gap } => {
                let shard = source.rsplit(':').next().unwrap_or(source);
                let (from_s, to_s) = (gap.from_ms.div_euclid(1000), gap.to_ms.div_euclid(1000));
                let backfill = format!(
                    "tripline backfill --log-group {} --from {} --to {}",
                    log_group.unwrap_or("LOG-GROUP"),
                    rfc3339(from_s.saturating_sub(DELIVERY_S)),
                    rfc3339(to_s)
                );
                let sentence = format!(
                    "records of shard {shard} of stream {stream} that arrived between {} and {} were gone before they were \
                     read; read them from the log group: {backfill}",
                    rfc3339(from_s),
                    rfc3339(to_s)
                );
                let details = json!({
                    "shard": shard, "from": rfc3339(from_s), "to": rfc3339(to_s), "backfill": backfill,
                });
                ("EventsLost", gap.from_ms, sentence, details)
            }
            Own::Silent { place: None, since_ms, noticed_ms } => {
                let sentence = format!(
                    "no CloudTrail event has come through stream {stream} since {}{}; likely causes: {}",
                    rfc3339(since_ms.div_euclid(1000)),
                    lasting(*since_ms, *noticed_ms),
                    CAUSES.join(", ")
                );
                ("StreamSilent", *since_ms, sentence, json!({"causes": CAUSES}))
            }
            Own::Silent { place: Some((account, region)), since_ms, noticed_ms } => {
                let sentence = format!(
                    "no CloudTrail event of account {account} in {region} has come since {}{}; likely causes: {}",
                    rfc3339(since_ms.div_euclid(1000)),
                    lasting(*since_ms, *noticed_ms),
                    CAUSES.join(", ")
                );
                ("AccountRegionSilent", *since_ms, sentence, json!({"causes": CAUSES}))
            }
            Own::New { place: (account, region), seen_ms } => {
                let sentence = format!("the first event of account {account} in {region} has come");
                ("AccountRegionNew", *seen_ms, sentence, json!({}))
            }
            Own::Pressure { rule, from_ms, to_ms: None } => {
                let sentence = format!(
                    "the hits of rule {rule} are beyond the budget of rows since {}: new groups of it are counted approximately, \
                     and their alerts say so",
                    rfc3339(from_ms.div_euclid(1000))
                );
                ("StatePressure", *from_ms, sentence, json!({"rule": rule}))
            }
            Own::Pressure { rule, from_ms, to_ms: Some(to_ms) } => {
                let sentence = format!(
                    "the hits of rule {rule} are within the budget of rows again since {}{}",
                    rfc3339(to_ms.div_euclid(1000)),
                    lasting(*from_ms, *to_ms)
                );
                (
                    "StatePressureEnded",
                    *to_ms,
                    sentence,
                    json!({"rule": rule, "from": rfc3339(from_ms.div_euclid(1000))}),
                )
            }
            Own::Damaged { table, rows, found_ms } => damaged(table, *rows, *found_ms),
            Own::Heartbeat { at_ms } => {
                ("Heartbeat", *at_ms, format!("a heartbeat of stream {stream}"), json!({}))
            }
        }
    }
}

/// Name, time, sentence and details of the event that reports damaged rows.
fn damaged(table: &str, rows: u64, found_ms: i64) -> (&'static str, i64, String, Value) {
    let repair = "tripline store repair";
    let sentence = format!(
        "{rows} rows of table {table} of the store are damaged and were moved aside, the last at {}: groups that had hits there may \
         be undercounted; check the disk, then stop the engine and run `{repair}`",
        rfc3339(found_ms.div_euclid(1000))
    );
    ("StoreDamaged", found_ms, sentence, json!({"table": table, "rows": rows, "repair": repair}))
}

/// Why nothing comes, the likeliest first.
const CAUSES: [&str; 4] = [
    "the trail was stopped, deleted or changed",
    "the trail's role lost logs:PutLogEvents or logs:CreateLogStream on the log group",
    "the subscription filter was removed, or is in the ten minutes' pause that follows a refused delivery",
    "an organisation trail lacks permission for log streams named o-…_*",
];

fn lasting(since_ms: i64, noticed_ms: i64) -> String {
    format!(" ({} min)", noticed_ms.saturating_sub(since_ms) / 60_000)
}
