//! A rule file: whatever it says is taken or refused with a place in it, and what is taken finds what the naive matcher finds.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tripline_fuzz::{gzip, judge, ruleset};

/// Events on which the rules of seeds and packs match, and others.
static EVENTS: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(include_bytes!("../events.ndjson")));

fuzz_target!(|text: &str| judge(&EVENTS, &ruleset(text)));
