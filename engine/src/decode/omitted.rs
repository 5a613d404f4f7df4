//! What CloudTrail left out: a member that grew too large is `{"omitted": true, "reason": …}` instead, and whoever pads a call
//! can make it so. Nobody knows what it held.

use memchr::memmem;
use tripline_rules::field::{FieldId, Fields, Selector, Step};

use super::tape::{Entry, Tape};

/// The fields of an event that nobody knows, in ascending order, and with them how many members were left out.
pub(super) fn fields(
    tape: &Tape<'_>,
    text: &str,
    fields: &Fields,
    reached: &dyn Fn(FieldId) -> bool,
) -> Vec<FieldId> {
    // Most events need no second look.
    if memmem::find(text.as_bytes(), b"\"omitted\"").is_none() || tape.is_empty() {
        return Vec::new();
    }
    let is_omitted = |at: usize| {
        tape.member(at, "omitted").is_some_and(|mark| matches!(tape.entry(mark), Entry::Bool(true)))
    };
    let members = tape.last_members(0);
    let omitted: Vec<&str> =
        members.into_iter().filter(|(_, at)| is_omitted(*at)).map(|(name, _)| name).collect();
    let is_unknown = |(id, selector): &(FieldId, &Selector)| {
        let is_below = selector.root().is_some_and(|root| omitted.contains(&root));
        is_below && (is_whole(selector) || !reached(*id))
    };
    if omitted.is_empty() { Vec::new() } else { fields.iter().filter(is_unknown).map(|(id, _)| id).collect() }
}

/// Whether a selector means a member of the event as a whole.
fn is_whole(selector: &Selector) -> bool {
    match selector {
        Selector::Pattern(steps) => matches!(steps.as_slice(), [Step::Member(_)]),
        Selector::Sigma(path) => !path.contains('.'),
        Selector::Message => false,
    }
}
