//! Which accounts and regions the events of a record are of, each once. Most events are of one that was met before: that is seen at a
//! glance, and nothing is allocated for it.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use tripline_rules::field::{FieldId, Slots};

use crate::silence::Name;

/// Accounts and regions of one record that are told apart; a record is of one log stream and has few.
const PLACES_MAX: usize = 64;

/// Those that are known at a glance, of all records: by a byte of their hash.
const GLANCES: usize = 1 << 8;

/// The accounts and regions of one record, and room for the next.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Which record it is.
    record: u64,
    /// None is what is no account and region.
    found: Vec<Option<Name>>,
    /// The last that was met, and in which record.
    glances: Vec<(u64, Name)>,
}

impl Places {
    /// Begins with a record.
    pub(super) fn begin(&mut self) {
        self.record += 1;
        self.found.clear();
        self.glances.resize(GLANCES, (0, Name::STREAM));
    }

    /// Notes where an event is of, if it says so.
    pub(super) fn note(&mut self, event: &Slots<'_>) {
        let text = |field| event.text(field).unwrap_or_default();
        let (account, region) = (text(FieldId::RECIPIENT_ACCOUNT_ID), text(FieldId::AWS_REGION));
        if !account.is_empty() {
            self.note_place(account, region);
        }
    }

    fn note_place(&mut self, account: &str, region: &str) {
        let hash = FixedState::default().hash_one((account, region));
        let (record, name) = &mut self.glances[usize::from(hash.to_le_bytes()[0])];
        let is_met = name.is_place(account, region);
        if is_met && *record == self.record {
            return;
        }
        let place = if is_met { Some(*name) } else { Name::place(account, region) };
        if self.found.len() < PLACES_MAX && !self.found.contains(&place) {
            self.found.push(place);
        }
        place.into_iter().for_each(|place| (*record, *name) = (self.record, place));
    }

    /// Those of the record.
    pub(super) fn found(&self) -> &[Option<Name>] {
        &self.found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Beside the obvious: a list of what was met in the record.
        #[test]
        fn each_account_and_region_of_a_record_is_found_once(
            records in prop::collection::vec(prop::collection::vec((0..400_u64, 0..6_usize), 0..90), 1..6),
        ) {
            let mut places = Places::default();
            for record in records {
                places.begin();
                let mut wanted = Vec::new();
                for (account, region) in record {
                    // Some are none.
                    let account = match account % 7 {
                        0 => "\0".repeat(12),
                        1 => format!("{account:011}"),
                        _ => format!("{account:012}"),
                    };
                    let region = ["eu-west-1", "us-east-1", "EU", "eu-west-1\0", "\0", ""][region];
                    places.note_place(&account, region);
                    let place = Name::place(&account, region);
                    if wanted.len() < PLACES_MAX && !wanted.contains(&place) {
                        wanted.push(place);
                    }
                }
                prop_assert_eq!(places.found(), wanted);
            }
        }
    }
}
