//! A filter pattern, and below its first line messages: what is printed of it means the same, and matches the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tripline::decode::any_message;
use tripline_rules::field::Fields;
use tripline_rules::pattern::{self, Dialect, Pattern};

fn matches(pattern: &Pattern, message: &str) -> Option<bool> {
    let mut fields = Fields::new();
    let condition = pattern.lower(Dialect::default(), &mut fields).ok()?;
    Some(any_message(message, &fields, |slots| condition.holds(&mut |predicate| predicate.holds(slots))))
}

fuzz_target!(|text: &str| {
    let (text, messages) = text.split_once('\n').unwrap_or((text, ""));
    let parsed = match pattern::parse(text) {
        Ok(parsed) => parsed.pattern,
        Err(error) => {
            assert!(error.offset <= text.len(), "{error:?} is beyond the pattern");
            return;
        }
    };
    let printed = parsed.to_string();
    let again = pattern::parse(&printed).map(|parsed| parsed.pattern);
    assert_eq!(again.as_ref(), Ok(&parsed), "{text} is printed as {printed}");
    for message in messages.lines() {
        assert_eq!(matches(&parsed, message), again.as_ref().ok().and_then(|again| matches(again, message)));
    }
});
