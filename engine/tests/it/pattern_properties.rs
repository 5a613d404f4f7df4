//! Filter patterns, random: printing is the inverse of parsing, and the compiled condition agrees with an evaluator that
//! walks the syntax tree over JSON text. The judge is written from `spec/filter-pattern.md` and shares no code with what
//! it judges.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::value::RawValue;
use tripline::decode;
use tripline_rules::field::{Fields, Step};
use tripline_rules::pattern::{
    self, Column, Comparison, Dialect, Expr, Operand, Pattern, PatternError, PatternErrorKind, Term, TermKind,
};
use tripline_rules::predicate::pattern::Order;

// --- The judge -------------------------------------------------------------------------------------------------

fn judge(pattern: &Pattern, message: &str) -> bool {
    match pattern {
        Pattern::Everything => true,
        Pattern::Json(expr) => {
            message.trim_start().starts_with('{')
                && serde_json::from_str::<&RawValue>(message).is_ok_and(|root| judge_expr(expr, root.get()))
        }
        Pattern::Terms(terms) => judge_terms(terms, message),
        Pattern::Delimited(columns) => judge_columns(columns, message),
        Pattern::Regex(source) => search(source, message),
    }
}

fn judge_expr(expr: &Expr, root: &str) -> bool {
    match expr {
        Expr::Or(parts) => parts.iter().any(|part| judge_expr(part, root)),
        Expr::And(parts) => parts.iter().all(|part| judge_expr(part, root)),
        Expr::Test(steps, comparison) => {
            let found = reach(root, steps);
            match comparison {
                Comparison::NotExists => found.is_empty(),
                _ => found.iter().any(|value| judge_value(comparison, value)),
            }
        }
    }
}

/// The source texts that a selector reaches.
fn reach(json: &str, steps: &[Step]) -> Vec<String> {
    let Some((step, rest)) = steps.split_first() else { return vec![json.trim().to_owned()] };
    let next: Vec<String> = match step {
        Step::Member(name) => {
            members(json).into_iter().filter(|(key, _)| key == name).map(|(_, v)| v).collect()
        }
        Step::AnyMember => members(json).into_iter().map(|(_, value)| value).collect(),
        Step::Index(index) => elements(json).into_iter().skip(*index as usize).take(1).collect(),
        Step::AnyElement => elements(json),
    };
    next.iter().flat_map(|value| reach(value, rest)).collect()
}

fn members(json: &str) -> Vec<(String, String)> {
    let map: Result<BTreeMap<String, Box<RawValue>>, _> = serde_json::from_str(json);
    map.unwrap_or_default().into_iter().map(|(key, value)| (key, value.get().to_owned())).collect()
}

fn elements(json: &str) -> Vec<String> {
    let items: Result<Vec<Box<RawValue>>, _> = serde_json::from_str(json);
    items.unwrap_or_default().iter().map(|item| item.get().to_owned()).collect()
}

/// Numbers of the generator are exact in binary, so that a float may judge them.
fn judge_value(comparison: &Comparison, value: &str) -> bool {
    let number =
        value.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then(|| value.parse::<f64>().unwrap());
    let string: Option<String> = value.starts_with('"').then(|| serde_json::from_str(value).unwrap());
    match comparison {
        Comparison::Equal { equal, operand } => {
            let text = match (&string, number) {
                (Some(text), _) => text.as_str(),
                (None, Some(_)) => value,
                // Objects, arrays, booleans and null fail both `=` and `!=`.
                (None, None) => return false,
            };
            let same = match (operand, number) {
                (Operand::Number(wanted), Some(number)) => number == wanted.parse::<f64>().unwrap(),
                (Operand::Number(wanted), None) => text == wanted,
                (Operand::Text(wanted), _) => glob(wanted.as_bytes(), text.as_bytes()),
                (Operand::Regex(source), _) => search(source, text),
            };
            same == *equal
        }
        Comparison::Order(order, wanted) => number.is_some_and(|number| {
            let wanted: f64 = wanted.parse().unwrap();
            match order {
                Order::Less => number < wanted,
                Order::LessOrEqual => number <= wanted,
                Order::Greater => number > wanted,
                Order::GreaterOrEqual => number >= wanted,
            }
        }),
        Comparison::IsNull => value == "null",
        Comparison::IsBool(wanted) => value == wanted.to_string(),
        Comparison::NotExists => false,
    }
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| glob(rest, &text[at..])),
        Some((c, rest)) => text.first() == Some(c) && glob(rest, &text[1..]),
    }
}

/// Literals, `.`, `x*`, `^`, `$`: as Pike wrote it.
fn search(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    match pattern.split_first() {
        Some((b'^', rest)) => here(rest, text),
        _ => (0..=text.len()).any(|at| here(pattern, &text[at..])),
    }
}

fn here(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => true,
        [c, b'*', rest @ ..] => {
            let fits = text.iter().take_while(|found| *c == b'.' || c == *found).count();
            (0..=fits).any(|n| here(rest, &text[n..]))
        }
        [b'$'] => text.is_empty(),
        [c, rest @ ..] => {
            text.first().is_some_and(|found| *c == b'.' || c == found) && here(rest, &text[1..])
        }
    }
}

fn judge_terms(terms: &[Term], message: &str) -> bool {
    let of = |kind: TermKind| terms.iter().filter(move |term| term.kind == kind);
    let found = |term: &Term| message.contains(&term.text);
    if of(TermKind::Optional).count() == terms.len() {
        return terms.iter().any(found);
    }
    of(TermKind::Required).all(found) && !of(TermKind::Excluded).any(found)
}

/// Words here hold no quotes or brackets: those are in the unit tests of the splitter.
fn judge_columns(columns: &[Column], message: &str) -> bool {
    let words: Vec<&str> = message.split_whitespace().collect();
    let fixed = columns.iter().filter(|column| **column != Column::Ellipsis).count();
    if words.len() < fixed {
        return false;
    }
    let at = columns.iter().position(|column| *column == Column::Ellipsis).unwrap_or(columns.len());
    let head = columns[..at].iter().zip(&words);
    let tail =
        columns[at..].iter().rev().zip(words.iter().rev()).filter(|(column, _)| **column != Column::Ellipsis);
    head.chain(tail).all(|(column, word)| match column {
        Column::Ellipsis => true,
        Column::Word { conditions, .. } => {
            conditions.is_empty() || conditions.iter().any(|all| all.iter().all(|one| judge_word(one, word)))
        }
    })
}

fn judge_word(comparison: &Comparison, word: &str) -> bool {
    let is_number =
        word.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()) && word.parse::<f64>().is_ok();
    let json = if is_number { word.to_owned() } else { serde_json::to_string(word).unwrap() };
    judge_value(comparison, &json)
}

// --- The generators --------------------------------------------------------------------------------------------

fn number() -> impl Strategy<Value = String> {
    prop_oneof!["0|1|2|10|-1", "1\\.0|0\\.5|2\\.50|-0\\.25", "1e1|2E0|5e-1"]
}

fn regex_source() -> impl Strategy<Value = String> {
    "\\^?([ab.]\\*?){1,3}\\$?"
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        number().prop_map(Operand::Number),
        "[ab1*.\"\\\\ ]{1,4}".prop_map(Operand::Text),
        Just(Operand::Text(String::new())),
        regex_source().prop_map(Operand::Regex),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        Just(Order::Less),
        Just(Order::LessOrEqual),
        Just(Order::Greater),
        Just(Order::GreaterOrEqual)
    ]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop_oneof![
        4 => (any::<bool>(), operand()).prop_map(|(equal, operand)| Comparison::Equal { equal, operand }),
        2 => (order(), number()).prop_map(|(order, number)| Comparison::Order(order, number)),
        1 => Just(Comparison::IsNull),
        1 => any::<bool>().prop_map(Comparison::IsBool),
        1 => Just(Comparison::NotExists),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let first = prop_oneof!["a|b|c|a b".prop_map(Step::Member), Just(Step::Member("a".to_owned()))];
    let more = prop_oneof![
        4 => "a|b|x'y".prop_filter("a quote cannot be written", |name| !name.contains('\'')).prop_map(Step::Member),
        2 => (0..3_u32).prop_map(Step::Index),
    ];
    (first, prop::collection::vec(more, 0..3)).prop_map(|(first, more)| [vec![first], more].concat())
}

/// At most three wildcards a selector and few a pattern are allowed, so a pattern has one such selector at most.
fn wild_steps() -> impl Strategy<Value = Vec<Step>> {
    prop_oneof![
        Just(vec![Step::Member("a".to_owned()), Step::AnyElement]),
        Just(vec![Step::Member("b".to_owned()), Step::AnyMember]),
        Just(vec![Step::Member("a".to_owned()), Step::AnyElement, Step::Member("b".to_owned())]),
    ]
}

fn expr() -> impl Strategy<Value = Expr> {
    let test = (steps(), comparison()).prop_map(|(steps, comparison)| Expr::Test(steps, comparison));
    test.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Or),
            prop::collection::vec(inner, 2..4).prop_map(Expr::And),
        ]
    })
}

fn patterns() -> impl Strategy<Value = Pattern> {
    let kind = prop_oneof![Just(TermKind::Required), Just(TermKind::Excluded), Just(TermKind::Optional)];
    let term = (kind, "[ab]{1,3}|[ab \"\\\\é-]{1,3}")
        .prop_filter("a blank phrase is another pattern", |(_, text)| !text.trim().is_empty())
        .prop_map(|(kind, text)| Term { kind, text });
    let word = ("[a-c]{0,2}", prop::collection::vec(prop::collection::vec(word_comparison(), 1..3), 0..3))
        .prop_map(|(name, conditions)| {
            // Only a named column can have conditions.
            let conditions = if name.is_empty() { Vec::new() } else { conditions };
            Column::Word { name, conditions }
        });
    let columns = (prop::collection::vec(word, 0..5), any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(mut columns, at, ellipsis)| {
            let unwritten = Column::Word { name: String::new(), conditions: Vec::new() };
            if columns == [unwritten] {
                // One empty column is written like none.
                columns.clear();
            }
            if ellipsis {
                columns.insert(at.index(columns.len() + 1), Column::Ellipsis);
            }
            columns
        },
    );
    let wild = (wild_steps(), comparison()).prop_map(|(steps, comparison)| Expr::Test(steps, comparison));
    prop_oneof![
        1 => Just(Pattern::Everything),
        6 => expr().prop_map(Pattern::Json),
        2 => (wild, expr(), any::<bool>()).prop_map(|(wild, expr, or)| {
            let parts = vec![wild, expr];
            Pattern::Json(if or { Expr::Or(parts) } else { Expr::And(parts) })
        }),
        3 => prop::collection::vec(term, 1..4).prop_map(Pattern::Terms),
        3 => columns.prop_map(Pattern::Delimited),
        1 => regex_source().prop_map(Pattern::Regex),
    ]
}

fn word_comparison() -> impl Strategy<Value = Comparison> {
    prop_oneof![
        (any::<bool>(), operand()).prop_map(|(equal, operand)| Comparison::Equal { equal, operand }),
        (order(), number()).prop_map(|(order, number)| Comparison::Order(order, number)),
    ]
}

/// Messages that the patterns above can hit: JSON of the same few names and values, and lines of the same few words.
fn messages() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        number(),
        "[ab1. ]{0,3}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let value = leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::btree_map("a|b", inner, 0..3).prop_map(|members| object(&members)),
        ]
    });
    prop_oneof![
        3 => prop::collection::btree_map("a|b|c|a b", value.clone(), 1..4).prop_map(|members| object(&members)),
        1 => value,
        2 => prop::collection::vec("[ab]{1,2}|0|1|2\\.5|10", 0..5).prop_map(|words| words.join(" ")),
    ]
}

fn object(members: &BTreeMap<String, String>) -> String {
    let members: Vec<String> = members.iter().map(|(key, value)| format!("{key:?}: {value}")).collect();
    format!("{{{}}}", members.join(", "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn printing_is_the_inverse_of_parsing(pattern in patterns()) {
        let printed = pattern.to_string();
        prop_assume!(printed.chars().count() <= pattern::CHARS_MAX);
        match pattern::parse(&printed) {
            Ok(parsed) => prop_assert_eq!(parsed.pattern, pattern, "{}", printed),
            Err(PatternError { kind: PatternErrorKind::Quota { .. }, .. }) => prop_assume!(false),
            Err(error) => prop_assert!(false, "{}", error.render(&printed)),
        }
    }

    #[test]
    fn the_compiled_pattern_agrees_with_the_judge(pattern in patterns(), messages in prop::collection::vec(messages(), 1..8)) {
        let mut fields = Fields::new();
        let condition = pattern.lower(Dialect::default(), &mut fields).unwrap();
        let spaced = matches!(pattern, Pattern::Delimited(_));
        for message in messages.iter().filter(|message| !spaced || !message.contains(['"', '['])) {
            let holds = decode::any_message(message, &fields, |slots| {
                condition.holds(&mut |predicate| predicate.holds(slots))
            });
            prop_assert_eq!(holds, judge(&pattern, message), "{} against {}", pattern, message);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[{}\\[\\]()%\"$.=!<>&|a-b0-9 *?,\\\\-]{0,24}|\\PC{0,12}") {
        match pattern::parse(&text) {
            Ok(parsed) => {
                let printed = parsed.pattern.to_string();
                prop_assert_eq!(pattern::parse(&printed).map(|again| again.pattern), Ok(parsed.pattern), "{}", printed);
            }
            Err(error) => prop_assert!(error.offset <= text.len() && error.render(&text).contains('^')),
        }
    }
}

#[test]
fn a_negative_fraction_in_a_column_is_a_number() {
    for (pattern, word, matches) in [
        ("[a < 0]", "-0.25", true),
        ("[a > 0]", "-0.25", false),
        ("[a = -0.25]", "-0.250", true),
        ("[a < 0]", "--1", false),
        ("[a < 0]", "-x", false),
    ] {
        let parsed = pattern::parse(pattern).unwrap().pattern;
        let mut fields = Fields::new();
        let condition = parsed.lower(Dialect::default(), &mut fields).unwrap();
        let compiled = decode::any_message(word, &fields, |slots| {
            condition.holds(&mut |predicate| predicate.holds(slots))
        });
        assert_eq!(compiled, matches, "the engine: {pattern} against {word}");
        assert_eq!(judge(&parsed, word), matches, "the oracle: {pattern} against {word}");
    }
}

/// Most random pairs do not match; a judge that always says no would agree too often to be noticed.
#[test]
fn the_generator_finds_both_answers() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut yes, mut no) = (0, 0);
    for _ in 0..2000 {
        let pattern = patterns().new_tree(&mut runner).unwrap().current();
        let message = messages().new_tree(&mut runner).unwrap().current();
        if judge(&pattern, &message) { yes += 1 } else { no += 1 }
    }
    assert!(yes > 200 && no > 200, "{yes} yes, {no} no");
}
