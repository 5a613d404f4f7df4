//! Rules that users bring: what collides, what cannot be read, what stays out unless it is asked for.

use super::*;

/// `SOUND` under the id of a shipped rule, which stays what it is.
#[test]
fn a_rule_with_a_shipped_id_is_refused_and_the_shipped_one_runs() {
    let folder = folder("shipped-id");
    let listed = check(&["rules", "list"], 0);
    let id = "console-sign-in-failures-account";
    assert!(listed.contains(id), "{listed}");
    for (name, text) in [("sound", SOUND), ("broken", BROKEN)] {
        let text =
            text.replace("id: sound", &format!("id: {id}")).replace("id: broken", &format!("id: {id}"));
        let file = write(&folder, &format!("{name}.yml"), &text);
        let args = ["rules", "list", "--pack", "baseline", "--rules", &file];
        assert_eq!(check(&args, 0), listed);
        let complaint = complaint(&args, 0);
        let refusal = format!("{file}:1:1: error: id `{id}` is that of the shipped rule");
        assert!(complaint.contains(&refusal), "{complaint}");
    }
    // A rule that shipped correlations count.
    let member = write(&folder, "member.yml", &SOUND.replace("id: sound", "id: console-sign-in-failed"));
    assert_eq!(check(&["rules", "list", "--pack", "baseline", "--rules", &member], 0), listed);
}

/// Of a set that refers to a shipped rule in vain, the shipped rule does not run, and its user hears it.
#[test]
fn a_shipped_rule_that_a_broken_correlation_keeps_from_alerting_is_told() {
    let folder = folder("shipped-silenced");
    let text = "title: Broken\nid: mine\ncorrelation: {type: temporal, rules: root-activity, timespan: 1m}\n";
    let listed = check(&["rules", "list"], 0);
    let id = listed.lines().next().and_then(|line| line.split_whitespace().next()).unwrap();
    let file = write(&folder, "mine.yml", &text.replace("root-activity", id));
    let complaint = complaint(&["rules", "list", "--pack", "baseline", "--rules", &file], 0);
    assert!(complaint.contains("only feeds correlations"), "{complaint}");
}
