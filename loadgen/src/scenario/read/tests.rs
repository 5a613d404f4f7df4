//! One test a refusal: the line, what is wrong, how to mend it.

use crate::scenario::read::{FILE_BYTES_MAX, read};

/// A scenario without fault; tests spoil a line of it.
const SOUND: &str = "\
title: Something is deleted
description: It is gone.
tags: [attack.impact]
attack:
  let:
    thing: it-${hex:8}
  actors:
    thief: {user: thief}
    later: {like: thief}
  steps:
    - {actor: thief, call: ec2:DescribeFlowLogs}
    - after: 10s
      actor: [thief, later]
      call: ec2:DeleteFlowLogs
      repeat: 4
      every: 2s
      request:
        id: ${thing}
        list: [1, -2, 3.0, true, null, \"No\", {a: b}]
  must:
    - {rule: flow-logs-deleted, actor: thief, count: 2}
look_alike:
  actors:
    auditor: {role: auditor}
  steps:
    - {actor: auditor, call: ec2:DescribeFlowLogs}
  must_not:
    - {rule: flow-logs-deleted, actor: auditor}
";

fn said(text: &str) -> String {
    read("gone", text).unwrap_err().to_string()
}

/// The sound scenario with another text in one place is refused at that line, in these words.
#[track_caller]
fn refused(old: &str, new: &str, line: u32, words: &str) {
    assert_eq!(SOUND.matches(old).count(), 1, "{old}");
    let said = said(&SOUND.replace(old, new));
    assert!(said.starts_with(&format!("scenarios/gone.yml:{line}: ")), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(!said.contains('\n'), "{said}");
}

#[test]
fn a_sound_scenario_is_read() {
    let scenario = read("gone", SOUND).unwrap();
    assert_eq!((scenario.name(), scenario.tags()), ("gone", ["attack.impact".to_owned()].as_slice()));
    assert_eq!((scenario.attack.span_s, scenario.attack.addresses), (16, 2));
}

#[test]
fn yaml_that_is_none_is_refused() {
    refused("call: ec2:DeleteFlowLogs\n", "call: [ec2:DeleteFlowLogs\n", 15, "");
    refused(
        "    thief: {user: thief}\n",
        "    thief: {user: thief}\n    thief: {user: other}\n",
        9,
        "`thief` stands here twice: delete one",
    );
}

#[test]
fn unknown_and_missing_members_are_refused() {
    refused("every: 2s", "evry: 2s", 16, "unknown field `evry`, expected one of after, actor");
    refused("count: 2", "counts: 2", 21, "unknown field `counts`");
    refused("{role: auditor}", "{rolle: auditor}", 24, "unknown field `rolle`");
    refused("      call: ec2:DeleteFlowLogs\n", "", 16, "missing field `call`");
    refused("repeat: 4", "repeat: four", 15, "");
}

#[test]
fn floods_are_refused() {
    let long = format!("{SOUND}# {}", "x".repeat(FILE_BYTES_MAX));
    assert!(said(&long).contains("make two scenarios of it"), "{}", said(&long));
    let many = SOUND.replace("[1, ", &format!("[{}", "1, ".repeat(10_000)));
    assert!(said(&many).contains("budget"), "{}", said(&many));
    let deep = SOUND.replace("${thing}", &format!("{}1{}", "[".repeat(40), "]".repeat(40)));
    assert!(said(&deep).contains("scenarios/gone.yml:18: "), "{}", said(&deep));
    let bomb = SOUND.replace("id: ${thing}", "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n        b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n        c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n        d: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]");
    assert!(said(&bomb).starts_with("scenarios/gone.yml:2"), "{}", said(&bomb));
}

#[test]
fn tags_that_are_not_attacks_are_refused() {
    refused("[attack.impact]", "[impact]", 3, "tag `impact` is not ATT&CK's: write `attack.`");
    refused("[attack.impact]", "[]", 1, "no tags");
}

#[test]
fn names_that_mean_something_already_are_refused() {
    refused("    thing: it", "    account: it", 6, "`account` cannot be a name here");
    refused("    auditor: {role", "    an auditor: {role", 24, "`an auditor` cannot be a name here");
}

#[test]
fn actors_that_are_nobody_or_two_are_refused() {
    refused("{user: thief}", "{agent: cli}", 8, "actor `thief` is nobody: write exactly one of user");
    refused("{user: thief}", "{user: thief, role: thief}", 8, "actor `thief` is 2 at once");
    refused("{user: thief}", "{root: emperor}", 8, "unknown variant `emperor`");
    refused("{user: thief}", "{user: thief, session: s}", 8, "`session` belongs to roles: delete it");
    refused("{user: thief}", "{user: thief, set: s}", 8, "`set` belongs to persons: delete it");
    refused("{role: auditor}", "{root: invoked, address: 192.0.2.1}", 24, "`address` belongs to actors from");
    refused("{like: thief}", "{like: thief, shares: thief, address: 192.0.2.1}", 9, "`shares` belongs to");
}

#[test]
fn actors_that_are_not_declared_are_refused() {
    refused("[thief, later]", "[thief, latter]", 13, "no actor `latter` is declared: there are thief, later");
    refused(
        "{like: thief}",
        "{like: later}",
        9,
        "no actor `later` is declared before this one: there are thief",
    );
    refused("actor: auditor}\n", "actor: thief}\n", 28, "no actor `thief` is declared: there are auditor");
}

#[test]
fn more_addresses_than_there_are_are_refused() {
    let crowd: String = (0..15).map(|n| format!("    a{n}: {{user: u}}\n")).collect();
    let words = "more than 14 addresses: let actors share some";
    refused("    auditor: {role: auditor}\n", &crowd, 38, words);
}

#[test]
fn placeholders_that_say_nothing_are_refused() {
    refused("id: ${thing}", "id: ${think}", 18, "nothing is called `${think}` here: there are account");
    refused("id: ${thing}", "id: ${thing", 18, "`${` without its `}`: close it");
    refused("id: ${thing}", "id: ${thief.age}", 18, "nothing is called `${thief.age}`");
    refused("${hex:8}", "${hex:0}", 6, "`${hex:0}` needs a number from 1 to 64");
    refused("${hex:8}", "${hex}", 6, "`${hex}` needs a number");
    refused("${hex:8}", "${n}", 6, "nothing is called `${n}` here");
    refused("actor: thief, count", "group: {id: \"${uuid}\"}, count", 21, "`${uuid}` is new each time");
    refused(
        "actor: thief, count",
        "group: {id: \"${actor.ip}\"}, count",
        21,
        "nothing is called `${actor.ip}`",
    );
}

#[test]
fn calls_and_times_that_are_none_are_refused() {
    refused(
        "call: ec2:DeleteFlowLogs",
        "call: DeleteFlowLogs",
        14,
        "`DeleteFlowLogs` is no call: write the service",
    );
    refused("after: 10s", "after: soon", 12, "`soon` is no time: write whole seconds");
    refused("after: 10s", "after: 1500ms", 12, "`1500ms` is no time");
    refused("after: 10s", "after: -10s", 12, "`-10s` is no time");
}

#[test]
fn steps_that_take_too_long_are_refused() {
    refused("after: 10s", "after: 5m", 12, "the steps take 306 s: all must lie within 300 s");
    refused("after: 10s", "after: 294s", 12, "the steps take 300 s");
}

#[test]
fn repetition_says_how_often_and_when() {
    refused("      every: 2s\n", "", 12, "4 times, but when? Add `every: 11s`");
    refused("      repeat: 4\n", "      repeat: 1\n", 16, "`every:` with nothing to repeat");
    refused("repeat: 4", "repeat: 0", 12, "nothing happens here");
    refused("[thief, later]", "[]", 12, "nothing happens here");
}

#[test]
fn failures_answer_nothing() {
    let failing = "every: 2s\n      response: {a: b}\n      error: {code: Denied, message: no}";
    refused("every: 2s", failing, 17, "a call that fails answers nothing");
    refused(
        "every: 2s",
        "every: 2s\n      response: {a: b}\n      refused: true",
        17,
        "a call that fails answers nothing",
    );
    refused(
        "every: 2s",
        "every: 2s\n      refused: true\n      error: {message: no}",
        18,
        "`refused:` writes the error itself",
    );
    refused("every: 2s", "every: 2s\n      response: gone", 17, "response must be a mapping");
}

#[test]
fn groups_are_somebodys() {
    refused("rule: flow-logs-deleted, actor: thief,", "rule: flow-logs-deleted,", 21, "whose? Add `actor:`");
    let whole = "group: {recipientAccountId: \"${account}\"},";
    refused("actor: thief, count", &format!("{whole} count"), 21, "add `own_account: true` at the top");
    refused("count: 2", "count: 0", 21, "`needs: 1` of `count: 0`");
    refused("count: 2", "count: 2, needs: 3", 21, "no more needed than counted");
    refused("count: 2", "count: 2, needs: 0", 21, "both must be at least 1");
}

#[test]
fn scenarios_declare_both_ways() {
    refused(
        "  must:\n    - {rule: flow-logs-deleted, actor: thief, count: 2}\n",
        "",
        5,
        "the attack raises nothing",
    );
    refused("  must_not:\n    - {rule: flow-logs-deleted, actor: auditor}\n", "", 23, "nothing is forbidden");
}
