//! Patterns against messages, through the tree, the printer and the compiled condition.

use super::*;

#[track_caller]
fn refused(pattern: &str, offset: usize) {
    let error = parse(pattern).expect_err(pattern);
    assert_eq!(error.offset, offset, "{}", error.render(pattern));
}

#[track_caller]
fn warned(pattern: &str, offsets: &[usize]) {
    let parsed = parse(pattern).unwrap();
    assert_eq!(
        parsed.warnings.iter().map(|warning| warning.offset).collect::<Vec<_>>(),
        offsets,
        "{parsed:?}"
    );
}

#[test]
fn refusals_point_at_the_place() {
    refused("{ $.a == 1 }", 6);
    refused("{ $.a = 1 ", 0);
    refused("{ $.a > \"1\" }", 8);
    refused("{ $.\"a\" = 1 }", 4);
    refused("{ a = 1 }", 2);
    refused("{ $.a = 1 & $.b = 2 }", 10);
    refused("{ $.a EXISTS }", 6);
    refused("{ $.a is null }", 6);
    refused("{ $.a = say hi }", 11);
    refused("{ $.a = x@y }", 9);
    refused("{ $.a = \"x }", 8);
    refused("{ $.a = %x }", 8);
    refused("[a, b", 0);
    refused("[a=1 && b=2, c]", 8);
    refused("[..., a, ...]", 9);
    refused("%(a)%", 1);
    refused("%a**%", 3);
    refused("a/b", 1);
    refused("\"abc", 0);
}

#[test]
fn regular_expressions_are_refused_for_what_they_are() {
    let says = |pattern: &str, offset: usize, needle: &str| {
        let parsed =
            parse(pattern).and_then(|parsed| parsed.pattern.lower(Dialect::default(), &mut Fields::new()));
        let error = parsed.expect_err(pattern);
        assert!(error.to_string().contains(needle), "{pattern}: {error}");
        assert_eq!(error.offset, offset, "{pattern}: {error}");
    };
    says("%[z-a]%", 4, "runs backwards");
    says("%[a-\\d]%", 4, "no single character");
    says("%x[a--]%", 5, "runs backwards");
    says("%[\\d-x]%", 0, "invalid range boundary");
    says("%[]%", 1, "empty or unclosed");
    says("%a{0,99999}%", 2, "too large");
    says("%a{0,9999}{1}%", 10, "cannot be repeated");
    says("%\\w{60000}%", 0, "too large");
    says("%a{2,1}%", 2, "m not above n");
    for sound in ["%[a-z]%", "%[-a]%", "%[a-]%", "%[\\x41-Z]%", "%[a-c-]%", "%[+--]%", "%[a-c\\-e]%"] {
        let parsed =
            parse(sound).and_then(|parsed| parsed.pattern.lower(Dialect::default(), &mut Fields::new()));
        assert!(parsed.is_ok(), "{sound}: {parsed:?}");
    }
}

/// The grammar allows it, and it is a substring of every text (`spec/filter-pattern.md` §2, §5).
#[test]
fn an_empty_phrase_is_in_every_text() {
    assert_eq!(parse("\"\"").unwrap().pattern, Pattern::Everything);
    assert_eq!(parse("\" \"").unwrap().pattern, Pattern::Everything);
    for printed in ["a \"\"", "-\"\"", "?\"\" ?a"] {
        let pattern = parse(printed).unwrap().pattern;
        assert_eq!(parse(&pattern.to_string()).unwrap().pattern, pattern, "{printed}");
    }
    refused("-", 1);
    refused("? a", 1);
    refused("\"\"a", 2);
}

#[test]
fn probable_mistakes_are_warned_of() {
    warned("{ ($.a = 1) || ($.b != 2) }", &[15]);
    warned("{ $.a = 1 || $.b = 2 && $.c = 3 }", &[2]);
    warned("{ $.a = 1 || ($.b = 2 && $.c = 3) }", &[]);
    warned("{ ($.a = 1) && ($.b != 2) }", &[]);
    warned("{ ($.a NOT EXISTS) || ($.a != 2) }", &[]);
    warned("{ ($.b NOT EXISTS) || ($.a != 2) }", &[22]);
    warned("?a ?b", &[]);
    warned("?a b", &[0]);
    warned("[a, b=1]", &[4]);
    warned(" { $.a = 1 } ", &[0]);
}

#[test]
fn a_caret_stands_below_the_place() {
    let pattern = "{ $.a = 1 &&\n  $.b == 2 }";
    let rendered = parse(pattern).unwrap_err().render(pattern);
    let lines: Vec<&str> = rendered.lines().collect();
    assert_eq!(lines[1], "    $.b == 2 }");
    assert_eq!(lines[2], "        ^");
}
