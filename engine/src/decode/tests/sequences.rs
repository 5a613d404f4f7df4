//! Documents one after the other, and documents that break off.

use super::*;

/// Evaluated, not CloudTrail, rejected.
#[track_caller]
fn check(kind: &str, bytes: &[u8], wanted: (u64, u64, u64)) {
    for bytes in [bytes.to_vec(), gzip(bytes)] {
        let counted = tally(&bytes, &Limits::STREAM);
        let rejected = counted.events_rejected.values().sum();
        let found = (counted.events_evaluated, counted.events_not_cloudtrail, rejected);
        assert_eq!((counted.records_decoded, found), (1, wanted), "{kind}: {counted:?}");
    }
}

fn pretty(text: &str) -> String {
    format!("{:#}", serde_json::from_str::<serde_json::Value>(text).unwrap())
}

#[test]
fn documents_in_a_row_are_each_opened() {
    let (a, b, c) = (good("a"), good("b"), good("c"));
    let records = |events: &[&String]| {
        let events: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
        format!("{{\"Records\":[{}]}}", events.join(","))
    };
    let (two, one) = (records(&[&a, &b]), records(&[&c]));
    let members = [gzip(two.as_bytes()), gzip(one.as_bytes()), gzip(data_message(&[&a]).as_bytes())].concat();
    let counted = tally(&members, &Limits::STREAM);
    assert_eq!((counted.records_decoded, counted.events_evaluated), (1, 4), "{counted:?}");
    check("Records joined", format!("{two}{one}").as_bytes(), (3, 0, 0));
    check("events joined", format!("{a}{b}{c}").as_bytes(), (3, 0, 0));
    check("two values on a line", format!("{a}\n{b} {c}\n").as_bytes(), (3, 0, 0));
    check("data messages joined", data_message(&[&a, "x"]).repeat(3).as_bytes(), (3, 3, 0));
    check("arrays in a row", format!("[{a},{b}]\n[{c}]").as_bytes(), (3, 0, 0));
    check("printed over lines", format!("{}\n{}", pretty(&two), pretty(&one)).as_bytes(), (3, 0, 0));
    check("printed and joined", format!("{}{}\n{c}", pretty(&two), pretty(&one)).as_bytes(), (4, 0, 0));
    check("lines of other logs", format!("INFO up\n{}\n[x] {{y}}\n{c}", pretty(&two)).as_bytes(), (3, 2, 0));
}

#[test]
fn what_is_whole_in_an_envelope_that_breaks_off_survives() {
    let (a, b) = (good("a"), good("b"));
    let cut = &b[..b.len() - 20];
    check("Records", format!("{{\"Records\":[{a},{cut}").as_bytes(), (1, 0, 1));
    check("Records, between two", format!("{{\"Records\":[{a}, ").as_bytes(), (1, 0, 1));
    check("Records, after the last", format!("{{\"Records\":[{a},{b}]").as_bytes(), (2, 0, 0));
    check("an array", format!("[{a},\n {cut}").as_bytes(), (1, 0, 1));
    check(
        "one printed over lines",
        pretty(&format!("{{\"Records\":[{a},{b}]}}")).trim_end_matches(['\n', ' ', '}', ']']).as_bytes(),
        (1, 0, 1),
    );
    check(
        "what follows it",
        format!("{{\"Records\":[{a},{cut}\n{{\"Records\":[{b}]}}").as_bytes(),
        (2, 0, 1),
    );
    let message = data_message(&[&a, "a line", &b]);
    check("a data message", &message.as_bytes()[..message.len() - 30], (1, 1, 1));
    let control = enveloped("CONTROL_MESSAGE", "{\"message\":\"x\"},{");
    let counted = tally(&control.as_bytes()[..control.len() - 2], &Limits::STREAM);
    assert_eq!(counted.records_rejected.get(&Reason::EnvelopeMalformed), Some(&1), "{counted:?}");
    let zipped = gzip(format!("{{\"Records\":[{a},{b}]}}").as_bytes());
    let counted = tally(&zipped[..zipped.len() - 9], &Limits::STREAM);
    assert_eq!(counted.records_rejected.get(&Reason::GzipTruncated), Some(&1), "{counted:?}");
}
