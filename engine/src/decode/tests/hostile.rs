//! Whatever bytes come: no panic, and everything accounted for.

use proptest::prelude::*;

use super::*;

/// Sound records of every form.
fn records() -> Vec<Vec<u8>> {
    let (a, b) = (good("a"), good("b"));
    let message = data_message(&[&a, "a line", &b]);
    vec![
        message.clone().into_bytes(),
        gzip(message.as_bytes()),
        format!("{{\"Records\":[{a},{b}]}}").into_bytes(),
        format!("{a}\n{b}\n").into_bytes(),
        [gzip(format!("{a}\n").as_bytes()), gzip(b.as_bytes())].concat(),
    ]
}

const SMALL: Limits = Limits { inflated_bytes_max: 4096, log_events_max: 20, event_bytes_max: 1024 };

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        tally(&bytes, &SMALL);
        tally(&gzip(&bytes), &SMALL);
    }

    #[test]
    fn json_like_noise(text in "[{}\\[\\]:,\"a-c0-9 \\\\\n\u{feff}é]{0,80}|\\{\"(Records|messageType|logEvents|awslogs|message)\":.{0,40}") {
        tally(text.as_bytes(), &SMALL);
    }

    #[test]
    fn sound_records_broken(which in 0..5_usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = records().swap_remove(which);
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        tally(&bytes, &Limits::STREAM);
    }

    /// Every line that is not broken survives, whatever stands between.
    #[test]
    fn neighbours_survive(junk in prop::collection::vec("[^\n\r]{0,40}", 0..6)) {
        let mut lines: Vec<String> = vec![good("first")];
        lines.extend(junk);
        lines.push(good("last"));
        let counted = tally(lines.join("\n").as_bytes(), &Limits::STREAM);
        prop_assert!(counted.events_evaluated >= 2, "{:?}", counted);
        let message = data_message(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let counted = tally(message.as_bytes(), &Limits::STREAM);
        prop_assert!(counted.events_evaluated >= 2, "{:?}", counted);
        prop_assert_eq!(counted.events_in, lines.len() as u64);
    }
}
