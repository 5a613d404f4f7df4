//! Whether everything that came in is somewhere: the identities of each source and each sink, out of the store.

use super::Findings;
use crate::store::{Store, StoreError};

/// Sources that are named one by one, of those that are still read.
const SOURCES_SHOWN_MAX: usize = 8;

pub(super) fn look(store: &Store, findings: &mut Findings) -> Result<(), StoreError> {
    let accounts = store.accounts()?;
    let mut wrong = Vec::new();
    for (source, of_source) in &accounts {
        let gaps = of_source.unaccounted().into_iter().filter(|(_, gap)| *gap != 0);
        wrong.extend(gaps.map(|(identity, gap)| format!("{source}: {gap} {identity}")));
    }
    let mend = "a mistake of ours: keep the store (`tripline store backup`) and report it";
    if wrong.is_empty() {
        let sum = |of: fn(&crate::store::SourceAccounts) -> u64| {
            accounts.iter().map(|(_, of_source)| of(of_source)).sum::<u64>()
        };
        let (records, events, hits) = (sum(|all| all.records), sum(|all| all.events), sum(|all| all.hits));
        findings.ok(
            "accounts",
            format!(
                "{records} records, {events} log events and {hits} hits of {} sources: all accounted for",
                accounts.len()
            ),
        );
    } else {
        findings.fail("accounts", format!("unaccounted for: {}", wrong.join(", ")), mend);
    }
    let open = store.open_sources()?;
    for (source, all) in accounts.iter().filter(|(source, _)| open.contains(source)).take(SOURCES_SHOWN_MAX) {
        let rejected = all.records_rejected + all.events_rejected;
        let says = format!(
            "{source}: {} records = {} decoded + {} control + {} rejected; {} log events = {} evaluated + {} not CloudTrail + {} \
             rejected; {} hits = {} counted + {} duplicate + {} too late + {} over budget",
            all.records,
            all.records_decoded,
            all.records_control,
            all.records_rejected,
            all.events,
            all.events_evaluated,
            all.events_not_cloudtrail,
            all.events_rejected,
            all.hits,
            all.hits_counted,
            all.hits_duplicate,
            all.hits_too_old,
            all.hits_over_budget
        );
        if rejected == 0 {
            findings.ok("source", says);
        } else {
            let mend = "what was rejected is in the table `quarantine`, with its reason; see \"Reject reasons\" in the handbook";
            findings.warn("source", says, mend);
        }
    }
    for sink in store.outbox()? {
        let adds_up = sink.created == sink.delivered + sink.pending + sink.dead;
        let says = format!(
            "{}: {} created = {} delivered + {} pending + {} dead",
            sink.sink, sink.created, sink.delivered, sink.pending, sink.dead
        );
        if !adds_up {
            findings.fail("sink", says, mend);
        } else if sink.dead > 0 {
            let again = format!("mend the sink, then `tripline alerts resend --sink {}`", sink.sink);
            findings.fail("sink", says, again);
        } else {
            findings.ok("sink", says);
        }
    }
    Ok(())
}
