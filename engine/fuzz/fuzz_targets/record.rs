//! The bytes of a Kinesis record, whatever their form: nothing panics, every reader tells the same, the accounts balance.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tripline_fuzz::{SHIPPED, judge};

fuzz_target!(|bytes: &[u8]| judge(bytes, &SHIPPED));
