//! The text of a data message: the scanner against the pull parser, the plan against the naive matcher.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tripline_fuzz::{SHIPPED, gzip, judge};

fuzz_target!(|text: &[u8]| judge(&gzip(text), &SHIPPED));
