//! KPL aggregates: whatever is packed comes out, whatever is damaged is said to be.

use md5::{Digest, Md5};
use proptest::prelude::*;

use super::super::aggregate::{aggregate, user_records};
use super::*;

/// The producer library's own layout, byte by byte: a table of two keys, one of hash keys, two records, one with a tag.
const BY_HAND: &[u8] = &[
    0x0a, 1, b'a', 0x0a, 1, b'b', // partition_key_table: "a", "b"
    0x12, 1, b'7', // explicit_hash_key_table: "7"
    0x1a, 9, 0x08, 0, 0x10, 0, 0x1a, 3, b'o', b'n', b'e', // records: keys 0 and 0, data "one"
    0x1a, 14, 0x08, 1, 0x1a, 3, b't', b'w', b'o', // records: key 1, data "two",
    0x22, 5, 0x0a, 3, b't', b'a', b'g', // tags: key "tag"
];

fn sealed(body: &[u8]) -> Vec<u8> {
    [&[0xf3, 0x89, 0x9a, 0xc2], body, &Md5::digest(body)[..]].concat()
}

fn opened(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Reason> {
    user_records(bytes).map(|records| records.iter().map(|record| record.to_vec()).collect())
}

#[test]
fn the_layout_of_the_producer_library_is_read() {
    assert_eq!(opened(&sealed(BY_HAND)), Ok(vec![b"one".to_vec(), b"two".to_vec()]));
}

#[test]
fn an_aggregate_of_nothing_holds_nothing() {
    let counted = tally(&sealed(b""), &Limits::STREAM);
    assert_eq!((counted.records_decoded, counted.records_aggregated, counted.events_in), (1, 1, 0));
}

#[test]
fn any_cut_and_any_changed_byte_is_damage() {
    let whole = sealed(BY_HAND);
    for end in 4..whole.len() {
        assert_eq!(opened(&whole[..end]), Err(Reason::KplAggregated), "cut at {end}");
    }
    for at in 4..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        assert_eq!(opened(&changed), Err(Reason::KplAggregated), "byte {at}");
    }
}

#[test]
fn a_sound_digest_around_no_protobuf_is_damage() {
    let bodies: [&[u8]; 5] = [
        &[0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], // a length of 2^64 - 1
        &[0x1a, 9, 0x1a, 3, b'o'],                                           // cut inside a record
        &[0x18, 7],                                                          // records as a number
        &[0x1a, 2, 0x18, 7],                                                 // data as a number
        &[0xff; 32],                                                         // an endless varint
    ];
    for body in bodies {
        let counted = tally(&sealed(body), &Limits::STREAM);
        assert_eq!(counted.records_rejected.get(&Reason::KplAggregated), Some(&1), "{body:x?}");
    }
}

#[test]
fn user_records_are_opened_each_by_its_form_and_one_bad_takes_no_other_with_it() {
    let message = gzip(data_message(&[&good("a"), &good("b")]).as_bytes());
    let control = gzip(enveloped("CONTROL_MESSAGE", "").as_bytes());
    let nested = aggregate(&[good("hidden").as_bytes()]);
    let packed = aggregate(&[&message, b"", &message[..40], &control, good("c").as_bytes(), &nested]);
    let counted = tally(&packed, &Limits::STREAM);
    assert_eq!((counted.records_received, counted.records_decoded, counted.records_aggregated), (1, 1, 1));
    assert_eq!((counted.events_evaluated, counted.events_not_cloudtrail), (3, 1), "{counted:?}");
    let rejected: Vec<_> = counted.events_rejected.into_iter().collect();
    let each = [Reason::Empty, Reason::GzipTruncated, Reason::KplAggregated];
    assert_eq!(rejected, each.map(|reason| (reason, 1)));
}

#[test]
fn ordinals_go_on_through_the_user_records() {
    let packed = aggregate(&[data_message(&[&good("a"), "{"]).as_bytes(), b"{", good("b").as_bytes()]);
    let (mut events, mut rejects) = (Vec::new(), Vec::new());
    let mut decoder = Decoder::new(&Fields::new(), Limits::STREAM);
    decoder.record(&packed, &mut Tally::default(), &mut rejects, |event| events.push(event.ordinal));
    let rejects: Vec<u64> = rejects.iter().map(|reject| reject.ordinal).collect();
    assert_eq!((events, rejects), (vec![0, 3], vec![1, 2]));
}

#[test]
fn the_limits_hold_for_all_user_records_together() {
    let limits = Limits { inflated_bytes_max: 3000, log_events_max: 3, ..Limits::STREAM };
    let part = gzip(&[b' '; 1400]);
    let line: &[u8] = b"x\n";
    for (records, fate) in [
        (vec![&part[..]; 2], None),
        (vec![&part[..]; 3], Some(Reason::InflatedTooLarge)),
        (vec![&part[..part.len() - 9]; 3], Some(Reason::InflatedTooLarge)),
        (vec![line; 3], None),
        (vec![line; 4], Some(Reason::TooManyLogEvents)),
    ] {
        let counted = tally(&aggregate(&records), &limits);
        assert_eq!(counted.records_rejected.keys().next().copied(), fate, "{counted:?}");
    }
}

proptest! {
    #[test]
    fn what_is_packed_comes_out(records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..40)) {
        let parts: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(opened(&aggregate(&parts)), Ok(records));
    }

    #[test]
    fn no_bytes_after_the_magic_harm(body in prop::collection::vec(any::<u8>(), 0..600)) {
        tally(&sealed(&body), &Limits::STREAM);
        tally(&[&[0xf3, 0x89, 0x9a, 0xc2][..], &body].concat(), &Limits::STREAM);
    }
}
