//! The condition language, and its judge.

use proptest::prelude::*;

use super::*;
use crate::sigma::expression::{Expression, Names, parse};

const THREE: &str = "a: {a: 1}\nb: {b: 1}\n_c: {c: 1}\n";

/// Asserts whether a condition over `a`, `b` and the private `_c` holds when exactly `set` are true.
#[track_caller]
fn check(condition: &str, set: &str, wanted: bool) {
    let event: Vec<String> = set.chars().map(|name| format!("\"{name}\":1")).collect();
    let found = matches(&format!("{THREE}condition: {condition}\n"), &format!("{{{}}}", event.join(",")));
    assert_eq!(found, wanted, "{condition} on {set}");
}

#[test]
fn precedence_and_words() {
    check("a or b and _c", "a", true);
    check("(a or b) and _c", "a", false);
    check("not a or b", "ab", true);
    check("not (a or b)", "", true);
    check("not not a", "a", true);
    check("a AND NOT b", "a", true);
    check("a Or b", "b", true);
    check("[a and b, _c]", "c", true);
    check("[a and b, _c]", "a", false);
}

#[test]
fn selectors() {
    check("1 of them", "b", true);
    check("any of them", "c", false);
    check("all of them", "ab", true);
    check("ALL OF Them", "a", false);
    check("1 of *", "c", false);
    check("1 of _*", "c", true);
    check("not 1 of a*", "b", true);
    check("1 of a and b", "ab", true);
}

#[test]
fn names_that_look_like_words() {
    let detection = "notsel: {a: 1}\nall: {b: 1}\nand-1: {c: 1}\ncondition: notsel and all and and-1\n";
    assert!(matches(detection, r#"{"a":1,"b":1,"c":1}"#) && !matches(detection, r#"{"b":1,"c":1}"#));
}

#[test]
fn mistakes_are_placed_inside_the_condition() {
    let bad = |condition: &str, column: usize, needle: &str| {
        refused(&format!("{THREE}condition: {condition}\n"), &format!("4:{}", column + 11), needle);
    };
    bad("a and bb", 7, "did you mean `b`?");
    bad("a and selection", 7, "no `selection`");
    bad("a b", 3, "unexpected `b`");
    bad("a and", 6, "ends where");
    bad("(a or b", 1, "without its `)`");
    bad("a or )", 6, "unexpected `)`");
    bad("2 of them", 1, "is not Sigma");
    bad("1 of (a)", 6, "must be followed");
    bad("1 of x*", 1, "no identifier matches");
    bad("a*", 1, "only after `1 of`");
    bad("a and b | count() by x > 5", 9, "type: event_count");
    bad("a | count(b) > 5", 3, "type: value_count");
    bad("a | near b", 3, "`temporal`");
    bad("a & b", 3, "unexpected character");
    bad(&format!("{}a", "not ".repeat(100)), 257, "deeper than 64");
    bad(&"(".repeat(10_000), 65, "deeper than 64");
    refused("a: {a: 1}\n", "1:1", "no `condition`");
    refused("a: {a: 1}\ncondition: 5\n", "2:12", "must be a string");
    refused("_a: {a: 1}\ncondition: 1 of them\n", "2:12", "every identifier begins with `_`");
}

#[test]
fn what_says_nothing_is_warned_of() {
    warned("a: {a: 1}\nb: {b: 1}\n_c: {c: 1}\ncondition: a", "`b` is not used");
    warned("a: {a: 1}\ntimeframe: 5m\ncondition: 1 of them", "`timeframe` is ignored");
}

fn printed(expression: &Expression) -> String {
    let join = |parts: &[Expression], word: &str| {
        format!("({})", parts.iter().map(printed).collect::<Vec<_>>().join(word))
    };
    match expression {
        Expression::Or(parts) => join(parts, " or "),
        Expression::And(parts) => join(parts, " AND "),
        Expression::Not(part) => format!("not {}", printed(part)),
        Expression::Name { name, .. } => name.clone(),
        Expression::Of { all, names, .. } => {
            let names = match names {
                Names::Them => "them",
                Names::Like(pattern) => pattern,
            };
            format!("{} of {names}", if *all { "all" } else { "1" })
        }
    }
}

/// The judge: obvious recursion over booleans.
fn judged(expression: &Expression, truth: &[(&str, bool)]) -> bool {
    match expression {
        Expression::Or(parts) => parts.iter().any(|part| judged(part, truth)),
        Expression::And(parts) => parts.iter().all(|part| judged(part, truth)),
        Expression::Not(part) => !judged(part, truth),
        Expression::Name { name, .. } => truth.iter().any(|(known, value)| known == name && *value),
        Expression::Of { all, names, .. } => {
            let prefix = match names {
                Names::Them => "",
                Names::Like(pattern) => pattern.trim_end_matches('*'),
            };
            let mut chosen = truth.iter().filter(|(name, _)| {
                name.starts_with(prefix) && (!name.starts_with('_') || prefix.starts_with('_'))
            });
            if *all { chosen.all(|(_, value)| *value) } else { chosen.any(|(_, value)| *value) }
        }
    }
}

fn expressions() -> impl Strategy<Value = Expression> {
    let name = prop::sample::select(vec!["a", "b", "_c"])
        .prop_map(|name| Expression::Name { name: name.to_owned(), offset: 0 });
    let names = prop::sample::select(vec![Names::Them, Names::Like("_*".into()), Names::Like("a*".into())]);
    let of = (any::<bool>(), names).prop_map(|(all, names)| Expression::Of { all, names, offset: 0 });
    prop_oneof![name, of].prop_recursive(4, 24, 3, |inner| {
        let parts = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            parts.clone().prop_map(Expression::Or),
            parts.prop_map(Expression::And),
            inner.prop_map(|part| Expression::Not(Box::new(part))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn conditions_agree_with_the_judge(expression in expressions(), bits in 0..8u8) {
        let truth = [("a", bits & 1 != 0), ("b", bits & 2 != 0), ("_c", bits & 4 != 0)];
        let text = printed(&expression);
        let event: Vec<String> = truth.iter().filter(|(_, value)| *value)
            .map(|(name, _)| format!("\"{}\":1", name.trim_start_matches('_'))).collect();
        let detection = format!("{THREE}condition: {text}\n");
        let found = matches(&detection, &format!("{{{}}}", event.join(",")));
        prop_assert_eq!(found, judged(&expression, &truth), "{}", text);
        // Printing what was parsed and parsing it again changes nothing.
        let parsed = parse(&text).unwrap();
        prop_assert_eq!(printed(&parse(&printed(&parsed)).unwrap()), printed(&parsed));
    }

    #[test]
    fn any_condition_is_answered(text in "(and|or|not|of|them|1|all|a|b|[ ()*|_-]){0,30}") {
        let _ = parse(&text);
    }
}
