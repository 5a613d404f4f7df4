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
