//! What the targets share: everything that can be told of a record, by every reader that there is, and rules against their judge.

use std::io::Write as _;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use tripline::decode::{Decoder, Event, Kernel, Limits, Tally};
use tripline_rules::check::{self, SourceFile};
use tripline_rules::matcher::{self, Scratch};
use tripline_rules::plan::Ruleset;
use tripline_rules::{naive, packs};

/// Every rule that ships: what fields a decoder fills, and whom a matcher must find.
pub static SHIPPED: LazyLock<Ruleset> = LazyLock::new(|| {
    let loaded = check::load(&packs::files(), &|_| true);
    Ruleset::new(loaded.rules, loaded.fields)
});

/// The rule set of one file.
pub fn ruleset(text: &str) -> Ruleset {
    let loaded = check::load(&[SourceFile { name: "fuzzed.yml".into(), text: text.to_owned() }], &|_| true);
    // A carriage return alone ends a line of YAML too.
    let lines = u32::try_from(1 + text.matches(['\n', '\r']).count()).unwrap_or(u32::MAX);
    for diagnostic in &loaded.diagnostics {
        assert!(diagnostic.origin.line <= lines, "{diagnostic:?} is beyond the file");
    }
    Ruleset::new(loaded.rules, loaded.fields)
}

/// The bytes as a gzip member, uncompressed, so that what is fuzzed is the text.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::none());
    out.write_all(bytes).expect("a vector takes everything");
    out.finish().expect("a vector takes everything")
}

/// Holds every kernel against the pull parser, and the matcher against the naive one, on the events of a record.
pub fn judge(bytes: &[u8], ruleset: &Ruleset) {
    let wanted = told(bytes, ruleset, None);
    for kernel in Kernel::all() {
        assert_eq!(told(bytes, ruleset, Some(kernel)), wanted, "{}", kernel.name());
    }
}

/// Whatever events say, and the accounts of the record.
fn told(bytes: &[u8], ruleset: &Ruleset, kernel: Option<Kernel>) -> (Vec<String>, String, String) {
    let (mut scratch, mut hits) = (Scratch::default(), Vec::new());
    let (mut events, mut rejects, mut tally) = (Vec::new(), Vec::new(), Tally::default());
    let mut each = |event: &Event<'_>| {
        matcher::hits(ruleset, &event.slots, &mut scratch, &mut hits);
        assert_eq!(hits, naive::hits(ruleset, &event.slots), "{}", event.message());
        let slots: Vec<String> =
            ruleset.fields().iter().map(|(id, _)| format!("{:?}", &*event.slots.get(id))).collect();
        let head = (event.ordinal, event.time_s, event.logs_time_ms, &hits);
        events.push(format!("{head:?} {slots:?} {} {}", event.message(), event.compact_text()));
    };
    let mut decoder = Decoder::with_kernel(ruleset.fields(), Limits::STREAM, kernel);
    // What is read the fifth time is known as far as it can be.
    (0..5).for_each(|_| {
        decoder.record(bytes, &mut tally, &mut rejects, &mut each);
    });
    assert!(tally.balances(), "{tally:?}");
    let tally = Tally { records_scanned: 0, events_odd: 0, events_known: 0, events_outlined: 0, ..tally };
    (events, format!("{rejects:?}"), format!("{tally:?}"))
}
