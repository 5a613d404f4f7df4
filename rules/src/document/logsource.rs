//! Whether a rule is for CloudTrail events at all (`spec/sigma.md` §5). A logsource never matches events.

use super::report::Report;
use super::tree::Entry;

/// The keys that select a log source, and the one value of each that is ours; `category` has none.
const OURS: [(&str, Option<&str>); 3] =
    [("product", Some("aws")), ("service", Some("cloudtrail")), ("category", None)];

/// Whether the rule is for us. One that is not is reported as skipped: it is somebody's good rule.
pub(super) fn is_cloudtrail(entry: &Entry, report: &mut Report) -> bool {
    let Some(map) = super::read::entries(entry, report) else { return true };
    let said: Vec<(&str, Option<&str>, &Entry)> =
        OURS.iter().filter_map(|(key, ours)| Some((*key, *ours, map.said(key)?))).collect();
    if said.is_empty() {
        report.error_help(
            entry.value.place,
            "`logsource` names neither product, service nor category",
            Some("write product: aws and service: cloudtrail".to_owned()),
        );
        return true;
    }
    let is_ours = |ours: Option<&str>, entry: &Entry| {
        entry.value.value.as_str().zip(ours).is_some_and(|(value, ours)| value.eq_ignore_ascii_case(ours))
    };
    let foreign = said.iter().find(|(_, ours, entry)| !is_ours(*ours, entry));
    if let Some((key, _, entry)) = foreign {
        let value = entry.value.value.as_str().unwrap_or(entry.value.value.kind());
        report.skip(entry.key_place, format!("skipped: logsource {key} `{value}` is not CloudTrail's"));
    }
    foreign.is_none()
}
