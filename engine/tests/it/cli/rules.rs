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

const CASES: &str = "hits:\n  - name: stopped\n    event: {eventVersion: '1.08', eventName: StopLogging}\nmisses:\n  - name: started\n    event: {eventVersion: '1.08', eventName: StartLogging}\n";

#[cfg(unix)]
#[test]
fn a_rule_file_that_cannot_be_read_is_named_and_the_others_load() {
    use std::os::unix::fs::symlink;
    let folder = folder("unreadable-rules");
    write(&folder, "sound.yml", SOUND);
    fs::write(folder.join("latin.yml"), b"title: caf\xe9\n").unwrap();
    symlink(folder.join("nowhere.yml"), folder.join("dangling.yml")).unwrap();
    fs::create_dir(folder.join("sub")).unwrap();
    symlink(&folder, folder.join("sub/loop")).unwrap();
    symlink(folder.join("sub"), folder.join("again")).unwrap();
    let rules = folder.to_string_lossy().into_owned();
    assert_eq!(check(&["rules", "list", "--rules", &rules], 0).lines().count(), 1);
    let complaint = complaint(&["rules", "check", "--rules", &rules, "--rules", "/no/such/rules"], 2);
    let named = [
        "dangling.yml:1:1: error: the file could not be read",
        "latin.yml:1:11: error",
        "/no/such/rules:1:1",
    ];
    for part in named {
        assert_eq!(complaint.matches(part).count(), 1, "`{part}` in:\n{complaint}");
    }
    assert_eq!(complaint.lines().count(), named.len(), "{complaint}");
}

#[test]
fn the_cases_beside_a_named_file_are_run_and_each_file_once() {
    let folder = folder("cases-beside");
    let file = write(&folder, "sound.yml", SOUND);
    complaint(&["rules", "test", "--rules", &file], 1);
    write(&folder, "sound.cases.yml", CASES);
    let rules = folder.to_string_lossy().into_owned();
    for args in [vec![&file], vec![&rules, &file], vec![&file, &rules, &rules]] {
        let mut all = vec!["rules", "test"];
        args.iter().for_each(|path| all.extend(["--rules", path.as_str()]));
        assert!(check(&all, 0).contains("1 hit and 1 near-miss"), "{args:?}");
    }
}
