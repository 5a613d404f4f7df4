//! The frozen decisions of `spec/sigma.md` §10, one line each.

use super::*;
use crate::predicate::Shape;

#[test]
fn null_is_missing_or_null() {
    check(
        "f: null",
        &["{}", r#"{"f":null}"#, r#"{"g":1}"#],
        &[r#"{"f":""}"#, r#"{"f":0}"#, r#"{"f":{}}"#, r#"{"f":[]}"#],
    );
    check("f: ''", &[r#"{"f":""}"#], &["{}", r#"{"f":null}"#, r#"{"f":" "}"#]);
    check("a.f: null", &[r#"{"a":[{},{"f":null}]}"#, r#"{"a":[]}"#], &[r#"{"a":[{},{"f":1}]}"#]);
    check("f: [null, x]", &["{}", r#"{"f":"x"}"#], &[r#"{"f":"y"}"#]);
    check("f: []", &["{}"], &[r#"{"f":"y"}"#]);
    warned("s: {f: [null, x]}\ncondition: s", "null inside a list");
    warned("s: {f: []}\ncondition: s", "read as null");
}

#[test]
fn exists_counts_null_arrays_and_objects() {
    let there = [r#"{"f":null}"#, r#"{"f":""}"#, r#"{"f":[]}"#, r#"{"f":{}}"#];
    check("f|exists: true", &there, &["{}", r#"{"F":1}"#]);
    check("f|exists: 'no'", &["{}"], &there);
    refused("s:\n  f|exists: 1\ncondition: s", "2:13", "wants true or false");
    refused("s: {f|exists|all: true}\ncondition: s", "1:5", "contradict");
}

#[test]
fn neq_holds_on_missing_and_means_none_of() {
    check(
        "f|neq: [a, b]",
        &["{}", r#"{"f":"c"}"#, r#"{"f":null}"#],
        &[r#"{"f":"A"}"#, r#"{"f":"b"}"#, r#"{"f":["c","b"]}"#],
    );
    check("f|contains|neq: x", &["{}", r#"{"f":"y"}"#], &[r#"{"f":"axb"}"#]);
    check("f|neq: null", &[r#"{"f":1}"#], &["{}"]);
}

#[test]
fn booleans_and_numbers_meet_their_spelling() {
    check("f: true", &[r#"{"f":true}"#, r#"{"f":"True"}"#], &[r#"{"f":false}"#, r#"{"f":1}"#, "{}"]);
    check("f: 'true'", &[r#"{"f":true}"#, r#"{"f":"TRUE"}"#], &[r#"{"f":false}"#]);
    check(
        "f: 443",
        &[r#"{"f":443}"#, r#"{"f":443.0}"#, r#"{"f":4.43e2}"#, r#"{"f":"443"}"#],
        &[r#"{"f":"443.0"}"#, r#"{"f":44}"#],
    );
    check("f: '443'", &[r#"{"f":443}"#, r#"{"f":"443"}"#], &[r#"{"f":4430}"#]);
    check("f: 1.10", &[r#"{"f":"1.10"}"#, r#"{"f":"1.1"}"#, r#"{"f":1.1}"#], &[r#"{"f":"1.100"}"#]);
    check("f: 012345678901", &[r#"{"f":"012345678901"}"#], &[r#"{"f":"0012345678901"}"#]);
    check("f: 9007199254740993", &[r#"{"f":9007199254740993}"#], &[r#"{"f":9007199254740992}"#]);
    check("f|contains: 44", &[r#"{"f":"x443"}"#, r#"{"f":443}"#], &[r#"{"f":434}"#]);
    check("f: 5", &[], &[r#"{"f":{"g":5}}"#]);
}

#[test]
fn numbers_compare_exactly() {
    check(
        "f|gte: 10",
        &[r#"{"f":10}"#, r#"{"f":"10.0"}"#, r#"{"f":1e2}"#],
        &[r#"{"f":9.99}"#, r#"{"f":"ten"}"#, "{}", r#"{"f":true}"#],
    );
    check("f|lt: -1.5", &[r#"{"f":-2}"#, r#"{"f":-1.51}"#], &[r#"{"f":-1.5}"#, r#"{"f":0}"#]);
    check("f|gt: 0", &[r#"{"f":0.0001}"#], &[r#"{"f":-0.0}"#, r#"{"f":0}"#]);
    check("f|lte: 9007199254740992", &[r#"{"f":9007199254740992}"#], &[r#"{"f":9007199254740993}"#]);
    check("f|gt: 1", &[r#"{"f":"1e999999999999999999999"}"#], &[r#"{"f":"1e-99999999999999999999"}"#]);
    refused("s: {f|gt: '1'}\ncondition: s", "1:11", "cannot be asked of a string");
}

#[test]
fn text_ignores_case_unless_cased() {
    check("f: Größe", &[r#"{"f":"gRÖßE"}"#], &[r#"{"f":"grosse"}"#]);
    check("f: kms", &[r#"{"f":"\u212Ams"}"#], &[]);
    check("f|cased: Root", &[r#"{"f":"Root"}"#], &[r#"{"f":"root"}"#]);
    check("f|contains|cased: Ab", &[r#"{"f":"xAbx"}"#], &[r#"{"f":"xabx"}"#]);
    check("F: x", &[r#"{"F":"X"}"#], &[r#"{"f":"x"}"#]);
}

#[test]
fn stars_cross_lines_and_a_question_mark_is_one_character() {
    check("f: 'a*z'", &[r#"{"f":"a\n\r\nz"}"#, r#"{"f":"AZ"}"#], &[r#"{"f":"az "}"#]);
    check(
        "f: 'a?z'",
        &[r#"{"f":"aéz"}"#, r#"{"f":"a\nz"}"#, r#"{"f":"a😀z"}"#],
        &[r#"{"f":"az"}"#, r#"{"f":"aééz"}"#],
    );
    check("f|contains: '*'", &[r#"{"f":""}"#, r#"{"f":"x"}"#], &["{}", r#"{"f":null}"#]);
    check("f|startswith: 'a*b'", &[r#"{"f":"axxbyy"}"#], &[r#"{"f":"xab"}"#]);
    check("f|endswith: b", &[r#"{"f":"aB"}"#], &[r#"{"f":"ba"}"#]);
}

#[test]
fn escapes() {
    let plain = |value: &str, text: &str| check(&format!("f: '{value}'"), &[text], &[r#"{"f":"other"}"#]);
    plain(r"\foo", r#"{"f":"\\foo"}"#);
    plain(r"\\foo", r#"{"f":"\\foo"}"#);
    plain(r"\", r#"{"f":"\\"}"#);
    plain(r"\\\\", r#"{"f":"\\\\"}"#);
    check(r"f: '\*'", &[r#"{"f":"*"}"#], &[r#"{"f":"x"}"#]);
    check(r"f: '\?'", &[r#"{"f":"?"}"#], &[r#"{"f":"x"}"#]);
    check(r"f: '\\*'", &[r#"{"f":"\\"}"#, r#"{"f":"\\x"}"#], &[r#"{"f":"x"}"#, r#"{"f":"*"}"#]);
    check(r"f: '\\\*'", &[r#"{"f":"\\*"}"#], &[r#"{"f":"\\x"}"#]);
    check(r"f|contains: '\*'", &[r#"{"f":"a*b"}"#], &[r#"{"f":"ab"}"#]);
    check(r"f|contains: 'x\'", &[r#"{"f":"ax\\b"}"#], &[r#"{"f":"ax"}"#]);
}

#[test]
fn any_member_of_an_array() {
    check("f: b", &[r#"{"f":["a","B"]}"#, r#"{"f":[["b"]]}"#], &[r#"{"f":["a"]}"#, r#"{"f":[]}"#]);
    check("a.f: x", &[r#"{"a":[{"f":"y"},{"f":"x"}]}"#, r#"{"a":[{"f":["x"]}]}"#], &[r#"{"a":[{"g":"x"}]}"#]);
    check("f|contains|all: [a, b]", &[r#"{"f":["xa","xb"]}"#, r#"{"f":"ab"}"#], &[r#"{"f":["a"]}"#]);
    check("f|all: ['*a*', '?b']", &[r#"{"f":"ab"}"#], &[r#"{"f":"aab"}"#]);
}

#[test]
fn text_operators_look_below_objects_and_at_their_text() {
    let policy = r#"{"f":{"doc":"{\"Effect\":\"Allow\"}","n":[{"k":7}],"b":true}}"#;
    check(r#"f|contains: '"Effect":"Allow"'"#, &[policy], &[]);
    check(r#"f|contains: '"k":7'"#, &[policy], &[]);
    check("f|startswith: 7", &[policy], &[]);
    check("f: 'tr?e'", &[policy], &[r#"{"f":{}}"#]);
    check("f|re: '^7$'", &[policy, r#"{"f":[{"k":"7"}]}"#], &[]);
    check("f: 7", &[], &[policy]);
    check("f: 'true'", &[], &[policy]);
    check("f|cidr: 10.0.0.0/8", &[], &[r#"{"f":{"ip":"10.1.1.1"}}"#]);
}

#[test]
fn dotted_keys_are_literal_when_they_exist() {
    check("a.b: x", &[r#"{"a.b":"x"}"#, r#"{"a":{"b":"x"}}"#], &[r#"{"a.b":"y","a":{"b":"x"}}"#]);
    check("t.ec2.name: x", &[r#"{"t":{"ec2.name":"x"}}"#], &[]);
}

#[test]
fn a_regex_is_found_anywhere_and_keeps_case() {
    check("f|re: 'b+c'", &[r#"{"f":"abbcd"}"#], &[r#"{"f":"ABBC"}"#]);
    check("f|re|i: 'b+c'", &[r#"{"f":"ABBC"}"#], &[]);
    check("f|re: '(?i)b'", &[r#"{"f":"B"}"#], &[]);
    check("f|re: 'a.b'", &[], &[r#"{"f":"a\nb"}"#]);
    check("f|re|s: 'a.b'", &[r#"{"f":"a\nb"}"#], &[]);
    check("f|re|m: '^b$'", &[r#"{"f":"a\nb"}"#], &[]);
    check("f|re|all: [a, b]", &[r#"{"f":"ba"}"#], &[r#"{"f":"a"}"#]);
    for large in
        [r"\w{20}", "^[A-Za-z0-9+/]{500,}={0,2}$", ".{1,200}", "(?i)arn:aws[a-z-]*:iam::\\d{12}:user/.+"]
    {
        check(&format!("f|re: '{large}'"), &[], &["{}"]);
    }
    refused("s: {f|re: 'a(?=b)'}\ncondition: s", "1:11", "look-around");
    refused(r"{s: {f|re: '\w{5000}'}, condition: s}", "1:12", "repeat less");
    refused("s: {f|i: a}\ncondition: s", "1:5", "only after `re`");
    refused("s: {f|re|cased: a}\ncondition: s", "1:5", "contradict");
}

#[test]
fn networks_hold_addresses_only() {
    check(
        "f|cidr: 10.0.0.0/8",
        &[r#"{"f":"10.255.0.1"}"#, r#"{"f":"::ffff:10.0.0.1"}"#, r#"{"f":["x","10.0.0.1"]}"#],
        &[r#"{"f":"11.0.0.1"}"#, r#"{"f":"AWS Internal"}"#, r#"{"f":"10.0.0.0/8"}"#, "{}"],
    );
    check(
        "f|cidr: ['fe80::/10', 1.2.3.4]",
        &[r#"{"f":"fe80::1"}"#, r#"{"f":"1.2.3.4"}"#],
        &[r#"{"f":"1.2.3.5"}"#, r#"{"f":"2001:db8::1"}"#],
    );
    check("f|cidr: '::ffff:10.0.0.0/104'", &[r#"{"f":"10.1.2.3"}"#], &[r#"{"f":"11.1.2.3"}"#]);
    warned("s: {f|cidr: 10.1.2.3/8}\ncondition: s", "read as 10.0.0.0/8");
    refused("s: {f|cidr: 10.0.*}\ncondition: s", "1:13", "is no network");
    refused("s: {f|cidr|contains: 10.0.0.0/8}\ncondition: s", "1:5", "contradict");
}

#[test]
fn keywords_are_found_in_strings_and_numbers_but_not_in_keys() {
    let event = r#"{"key":{"a":["x Secret y",443,true]}}"#;
    let keywords = |list: &str| matches(&format!("k: {list}\ncondition: k"), event);
    assert!(keywords("secret") && keywords("[nope, SECRET]") && keywords("44") && keywords("'x*t'"));
    assert!(!keywords("key") && !keywords("'true'") && !keywords("'\"a\":'"));
    assert!(keywords("{'|all': [secret, 443]}") && !keywords("{'|all': [secret, nope]}"));
    assert!(keywords("{'|re': 'S.cret'}") && keywords("[{key.a: 443}, nope]"));
    refused("k: {'|cidr': 10.0.0.0/8}\ncondition: k", "1:14", "name a field");
}

#[test]
fn shapes() {
    check("{a: 1, b: [x, y]}", &[r#"{"a":1,"b":"y"}"#], &[r#"{"a":1}"#, r#"{"b":"x"}"#]);
    check("- {a: 1, b: 2}\n  - {c: 3}", &[r#"{"c":3}"#, r#"{"a":1,"b":2}"#], &[r#"{"a":1}"#]);
    check("- - {a: 1}\n  - - - {b: 1}", &[r#"{"b":1}"#], &["{}"]);
    refused("s: {}\ncondition: s", "1:4", "empty");
    refused("s: []\ncondition: s", "1:4", "empty");
    refused("s:\ncondition: s", "1:2", "empty");
    refused("s: {f: {g: 1}}\ncondition: s", "1:8", "the value is a map");
    warned("s: {f|contains|all: x}\ncondition: s", "`all` of one value");
}

#[test]
fn modifiers_of_tomorrow_and_typos_are_refused() {
    for name in ["base64", "base64offset", "utf16", "utf16le", "utf16be", "wide", "windash", "expand", "hour"]
    {
        refused(
            &format!("s: {{f|{name}: x}}\ncondition: s"),
            "1:5",
            &format!("not supported yet: modifier `{name}`"),
        );
    }
    refused("s: {f|contain: x}\ncondition: s", "1:5", "did you mean `contains`");
    refused("s: {f|startswith|endswith: x}\ncondition: s", "1:5", "contradict");
    refused("s: {f|all|all: [x, y]}\ncondition: s", "1:5", "twice");
    refused("s: {f|: x}\ncondition: s", "1:5", "unknown modifier");
}

#[test]
fn fieldref_compares_two_fields_of_one_event() {
    check(
        "f|fieldref: g.h",
        &[r#"{"f":"Ab","g":{"h":"aB"}}"#, r#"{"f":["x","y"],"g":{"h":"Y"}}"#, r#"{"f":7,"g":{"h":"7"}}"#],
        &[r#"{"f":"a","g":{"h":"b"}}"#, r#"{"f":"a"}"#, r#"{"g":{"h":"a"}}"#, r#"{"f":null,"g":{"h":null}}"#],
    );
    check("f|fieldref|cased: g", &[r#"{"f":"a","g":"a"}"#], &[r#"{"f":"a","g":"A"}"#]);
    check("f|fieldref|neq: g", &[r#"{"f":"a","g":"b"}"#, r#"{"f":"a"}"#], &[r#"{"f":"a","g":"a"}"#]);
    refused("s: {f|fieldref: 7}\ncondition: s", "1:17", "a number");
    refused("s: {f|fieldref|contains: g}\ncondition: s", "1:5", "contradict");
}

#[test]
fn an_index_may_know_only_what_is_necessary() {
    let shape = |item: &str| {
        let (condition, _) = compile(&format!("s: {{{item}}}\ncondition: s"));
        let mut found = None;
        condition.unwrap().for_each(&mut |leaf| {
            found = Some(leaf.clone().intern(&mut Fields::new()).test.shape());
        });
        found.unwrap()
    };
    let (equals, holds) =
        (|text: &str| Shape::Equals(text.to_owned()), |text: &str| Shape::Holds(text.to_owned()));
    for (item, wanted) in [
        ("eventName: StopLogging", equals("StopLogging")),
        (r"f: 'a\*b'", equals("a*b")),
        ("f: '443'", equals("443")),
        ("f: é", equals("é")),
        ("f: 'Ab*cde?f'", holds("cde")),
        ("f|contains: a", holds("a")),
        ("f|contains: '*'", Shape::Node),
        ("f: 5", Shape::Node),
        ("f|re: a", Shape::Node),
        ("f|exists: true", Shape::Node),
        ("f: null", Shape::Field),
        ("f|exists: false", Shape::Field),
        ("f|fieldref: g", Shape::Field),
    ] {
        assert_eq!(shape(item), wanted, "{item}");
    }
}

#[test]
fn tests_explain_themselves_and_equal_ones_are_one() {
    let test = |item: &str| {
        let (condition, _) = compile(&format!("s: {{{item}}}\ncondition: s"));
        let mut found = None;
        condition.unwrap().for_each(&mut |leaf| found = Some(leaf.clone().intern(&mut Fields::new()).test));
        found.unwrap()
    };
    for (item, operator, expected) in [
        ("f: Ab", "=", "Ab"),
        ("f: 'A*'", "like", "A*"),
        ("f|contains: x", "contains", "x"),
        ("f|gte: 3", ">=", "3"),
        ("f: null", "=", "null"),
        ("f|exists: true", "exists", ""),
        ("f|exists: false", "not exists", ""),
        ("f|re: 'a+'", "re", "a+"),
        ("f|cidr: 10.0.0.0/8", "cidr", "10.0.0.0/8"),
    ] {
        assert_eq!((test(item).operator(), test(item).expected().as_str()), (operator, expected));
    }
    assert_eq!(test("f|re: a"), test("g|re: a"));
    assert_ne!(test("f|re: a"), test("f|re|i: a"));
}
