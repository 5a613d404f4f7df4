//! Examples at the end of each command's `--help` (a table). A test parses every one of them.

use clap::Command;

/// What an example does, and its command line.
type Example = (&'static str, &'static str);

/// Each command by its path, with its examples.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            ("Play an hour of generated traffic with attacks in it, without AWS", "tripline demo"),
            ("Alerts of CloudTrail log files", "tripline replay ~/cloudtrail"),
            ("Read a Kinesis stream until SIGTERM", "tripline run --config /etc/tripline/tripline.toml"),
        ],
    ),
    (
        "demo",
        &[
            ("The whole demo in about 20 seconds", "tripline demo"),
            ("As fast as possible, and keep the store", "tripline demo --seconds 0 --store demo.db"),
            ("Serve metrics and alerts when the demo has ended", "tripline demo --serve 127.0.0.1:9464"),
        ],
    ),
    (
        "run",
        &[
            (
                "Read the stream that the configuration names",
                "tripline run --config /etc/tripline/tripline.toml",
            ),
            (
                "Without a file: settings come from the environment",
                "TRIPLINE__KINESIS__STREAM=tripline tripline run",
            ),
        ],
    ),
    (
        "backfill",
        &[
            (
                "Read one hour again",
                "tripline backfill --log-group aws-cloudtrail-logs --from 2026-01-02T03:00:00Z --to 2026-01-02T04:00:00Z \
                 --config /etc/tripline/tripline.toml",
            ),
            (
                "Leave more calls to other readers of the account",
                "tripline backfill --log-group aws-cloudtrail-logs --from 2026-01-02T03:00:00Z --to 2026-01-02T04:00:00Z --rate 1",
            ),
        ],
    ),
    (
        "replay",
        &[
            ("Every log file below a folder", "tripline replay ~/cloudtrail"),
            ("Standard input, one JSON object per alert", "tripline replay - --output ndjson"),
            (
                "With the rules of CIS 5.0.0, into a store",
                "tripline replay ~/cloudtrail --pack cis@5.0.0 --store alerts.db",
            ),
        ],
    ),
    (
        "eval",
        &[
            ("Every rule that matches each event", "tripline eval events.ndjson"),
            ("With rules of your own", "tripline eval events.ndjson --rules ./rules --output json"),
        ],
    ),
    (
        "pattern",
        &[
            (
                "Match a message",
                "tripline pattern '{ $.eventName = StopLogging }' --message '{\"eventName\":\"StopLogging\"}'",
            ),
            (
                "Several messages, one answer per line",
                "tripline pattern ERROR --message 'ERROR 1' 'all quiet'",
            ),
        ],
    ),
    (
        "explain",
        &[
            ("Why a shipped rule matches the events of a file", "tripline explain trail-stopped event.json"),
            ("A rule of your own", "tripline explain my-rule event.json --rules ./rules"),
        ],
    ),
    (
        "doctor",
        &[
            ("Check an installation", "tripline doctor --config /etc/tripline/tripline.toml"),
            ("The same for a program", "tripline doctor --config /etc/tripline/tripline.toml --output json"),
        ],
    ),
    (
        "health",
        &[
            ("Exit code 0 if the engine is alive", "tripline health --config /etc/tripline/tripline.toml"),
            ("Ask another address", "TRIPLINE__HTTP__LISTEN=127.0.0.1:9000 tripline health"),
        ],
    ),
    (
        "alerts list",
        &[
            (
                "Newest alerts that are not closed",
                "tripline alerts list --store /var/lib/tripline/tripline.db",
            ),
            ("Open alerts of level high and above", "tripline alerts list --status open --level-min high"),
            (
                "All alerts of one rule, for a program",
                "tripline alerts list --status all --rule trail-stopped --output ndjson",
            ),
        ],
    ),
    (
        "alerts show",
        &[
            ("One alert by the beginning of its id", "tripline alerts show 9a0a22ee1068 --store demo.db"),
            ("With its evidence, as JSON", "tripline alerts show 9a0a22ee1068 --output json"),
        ],
    ),
    (
        "alerts ack",
        &[
            ("Acknowledge one alert", "tripline alerts ack 9a0a22ee1068"),
            (
                "Several at once",
                "tripline alerts ack 9a0a22ee1068 49ef24bcc6a4 --store /var/lib/tripline/tripline.db",
            ),
        ],
    ),
    (
        "alerts close",
        &[
            ("Close an alert", "tripline alerts close 9a0a22ee1068 --reason benign"),
            (
                "In your own words",
                "tripline alerts close 9a0a22ee1068 --reason other --text 'planned change 17'",
            ),
        ],
    ),
    (
        "alerts resend",
        &[
            ("Retry every dead delivery", "tripline alerts resend"),
            ("Retry at once what waits", "tripline alerts resend --pending"),
            (
                "Only those to one sink",
                "tripline alerts resend --sink soc --store /var/lib/tripline/tripline.db",
            ),
        ],
    ),
    (
        "store backup",
        &[
            (
                "Copy the store of a running engine",
                "tripline store backup copy.db --store /var/lib/tripline/tripline.db",
            ),
            ("Copy the store of this folder", "tripline store backup /backup/tripline.db"),
        ],
    ),
    (
        "store check",
        &[
            ("Check the store of this folder", "tripline store check"),
            ("Check a copy", "tripline store check --store copy.db"),
        ],
    ),
    (
        "store repair",
        &[
            (
                "Repair the store of a configuration",
                "tripline store repair --config /etc/tripline/tripline.toml",
            ),
            ("Repair a copy", "tripline store repair --config tripline.toml --store copy.db"),
        ],
    ),
    (
        "sink test",
        &[
            (
                "Send a marked sample alert to the sink [sink.soc]",
                "tripline sink test soc --config /etc/tripline/tripline.toml",
            ),
            ("A sink of the environment", "TRIPLINE__SINK__OUT__TYPE=stdout tripline sink test out"),
        ],
    ),
    (
        "rules list",
        &[
            ("The rules that run by default", "tripline rules list"),
            ("A pack, for a program", "tripline rules list --pack cis@5.0.0 --output json"),
        ],
    ),
    (
        "rules check",
        &[
            ("Rules of your own", "tripline rules check --rules ./rules"),
            ("Fail on the first rule that is refused", "tripline rules check --rules ./rules --strict"),
        ],
    ),
    (
        "rules test",
        &[
            ("Run the cases beside your rules", "tripline rules test --rules ./rules"),
            ("Run the cases of a shipped pack", "tripline rules test --pack baseline"),
        ],
    ),
    (
        "rules show",
        &[
            ("A shipped rule", "tripline rules show trail-stopped"),
            ("A rule of your own", "tripline rules show my-rule --rules ./rules"),
        ],
    ),
    (
        "config check",
        &[
            (
                "Report everything that is wrong with a file",
                "tripline config check --config /etc/tripline/tripline.toml",
            ),
            (
                "Check the settings of the environment",
                "TRIPLINE__KINESIS__STREAM=tripline tripline config check",
            ),
        ],
    ),
    (
        "config show",
        &[
            ("Every setting, with its origin", "tripline config show --config /etc/tripline/tripline.toml"),
            ("Start a configuration file", "tripline config show --defaults"),
        ],
    ),
    (
        "config schema",
        &[
            ("Print the JSON Schema", "tripline config schema"),
            ("Write it to a file, for an editor", "tripline config schema > tripline.schema.json"),
        ],
    ),
    (
        "completions",
        &[
            ("bash", "tripline completions bash > /usr/share/bash-completion/completions/tripline"),
            ("zsh", "tripline completions zsh > /usr/local/share/zsh/site-functions/_tripline"),
            ("fish", "tripline completions fish > ~/.config/fish/completions/tripline.fish"),
        ],
    ),
    (
        "man",
        &[
            ("Manual pages for all users", "tripline man /usr/local/share/man/man1"),
            ("Read one without installing it", "tripline man ./man"),
        ],
    ),
];

/// Adds its examples to each command.
pub(super) fn add(root: Command) -> Command {
    EXAMPLES.iter().fold(root, |root, (path, examples)| {
        let path: Vec<&str> = path.split_whitespace().collect();
        add_at(root, &path, examples)
    })
}

fn add_at(command: Command, path: &[&'static str], examples: &[Example]) -> Command {
    match path {
        [] => {
            let before = command.get_after_help().map(|help| format!("{help}\n\n")).unwrap_or_default();
            command.after_help(format!("{before}{}", text(examples)))
        }
        [name, rest @ ..] if command.find_subcommand(name).is_some() => {
            command.mut_subcommand(name, |command| add_at(command, rest, examples))
        }
        // The test finds a path without a command.
        _ => command,
    }
}

fn text(examples: &[Example]) -> String {
    let each = examples.iter().map(|(what, line)| format!("  # {what}\n  {line}"));
    format!("Examples:\n{}", each.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    /// Paths of the commands that do something themselves.
    fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
        for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
            let path = format!("{path} {}", command.get_name()).trim().to_owned();
            if command.has_subcommands() {
                leaves(command, &path, found);
            } else {
                found.push(path);
            }
        }
    }

    /// The words of a command line: quotes, variables before it and a redirection after it, no more.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(std::mem::take(&mut word)),
                c => word.push(c),
            }
        }
        words.push(word);
        assert!(!quoted, "{line}");
        let from = words.iter().position(|word| word == "tripline").unwrap_or(words.len());
        words.into_iter().skip(from).take_while(|word| word != ">").filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn every_command_has_examples_and_all_of_them_parse() {
        let mut paths = Vec::new();
        let command = crate::cli::command();
        leaves(&command, "", &mut paths);
        assert!(paths.len() > 20, "{paths:?}");
        for path in &paths {
            let examples = EXAMPLES.iter().find(|(of, _)| of == path).map(|(_, examples)| *examples);
            assert!(examples.is_some_and(|examples| examples.len() >= 2), "`{path}` has too few examples");
        }
        for (path, examples) in EXAMPLES {
            assert!(path.is_empty() || paths.iter().any(|known| known == path), "no command `{path}`");
            for (_, line) in *examples {
                let words = words(line);
                assert!(words.join(" ").starts_with(format!("tripline {path}").trim()), "{path}: {line}");
                let words = crate::cli::arguments(words.into_iter().map(OsString::from));
                let parsed = command.clone().try_get_matches_from(words);
                assert!(
                    parsed.is_ok(),
                    "{line}\n{}",
                    parsed.err().map(|e| e.to_string()).unwrap_or_default()
                );
            }
        }
    }

    #[test]
    fn help_ends_with_the_examples() {
        let mut command = crate::cli::command();
        let root = command.render_long_help().to_string();
        assert!(root.contains("Exit codes:") && root.trim_end().ends_with("tripline.toml"), "{root}");
        let list = command.find_subcommand_mut("alerts").and_then(|one| one.find_subcommand_mut("list"));
        let list = list.map(|list| list.render_help().to_string()).unwrap_or_default();
        assert!(list.trim_end().ends_with("--rule trail-stopped --output ndjson"), "{list}");
    }
}
