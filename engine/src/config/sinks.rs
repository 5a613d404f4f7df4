//! The sections `[sink.NAME]` into what sinks are opened with, their secrets read.

use std::path::PathBuf;
use std::time::Duration;

use tripline_rules::rule::Level;

use super::HeartbeatConfig;
use super::form::url;
use super::kind::Fault;
use super::places::{World, no_check};
use super::raw::{Raw, Section};
use crate::sink::{Filter, Format, Secret, Settings, Target};

/// The enabled sinks. What is wrong is noted in `world`, and leaves its sink out.
pub(super) fn settings(raw: &Raw, world: &mut World<'_>) -> Vec<Settings> {
    let sections = raw.sections();
    let enabled = sections.iter().filter(|section| section.name() == "sink" && section.flag("enabled"));
    enabled.filter_map(|section| one(section, world)).collect()
}

/// The dead man's switch, when an address is named.
pub(super) fn heartbeat(raw: &Raw, world: &mut World<'_>) -> Option<HeartbeatConfig> {
    let section = raw.section("heartbeat");
    let url = Secret::from_text(&address(&section, world)?)?;
    Some(HeartbeatConfig {
        url,
        allow_private: section.flag("allow_private"),
        every: Duration::from_secs(section.count("every_s")),
        sink_patience: Duration::from_secs(section.count("sink_patience_s")),
    })
}

fn one(section: &Section<'_>, world: &mut World<'_>) -> Option<Settings> {
    Some(Settings {
        name: section.path.trim_start_matches("sink.").to_owned(),
        level_min: Level::of_word(&section.text("level_min")?)?,
        filter: Filter {
            rules: section.list("rules"),
            rules_except: section.list("rules_except"),
            accounts: section.list("accounts"),
            accounts_except: section.list("accounts_except"),
        },
        rate_per_s: section.number("rate_per_s"),
        digest_after: section.count("digest_after"),
        timeout: Duration::from_secs(section.count("timeout_s")),
        target: target(section, world)?,
    })
}

fn target(section: &Section<'_>, world: &mut World<'_>) -> Option<Target> {
    let allow_private = section.flag("allow_private");
    Some(match section.sink()? {
        "stdout" => Target::Stdout { format: format(section) },
        "file" => {
            world.folder_of(section, "path");
            Target::File {
                path: PathBuf::from(section.text("path")?),
                rotate_bytes: section.count("rotate_bytes"),
                keep: u32::try_from(section.count("keep")).unwrap_or(u32::MAX),
                format: format(section),
            }
        }
        "webhook" => {
            let address = address(section, world);
            let mut secrets = world.secrets(section, "secret_files", &signing);
            secrets.extend(world.secrets(section, "secret_env", &signing));
            Target::Webhook { url: address?, secrets, allow_private, format: format(section) }
        }
        "slack" => Target::Slack { url: Secret::from_text(&address(section, world)?)?, allow_private },
        "sns" => Target::Sns { topic_arn: section.text("topic_arn")?, region: section.text("region") },
        "alertmanager" => Target::Alertmanager {
            urls: section.list("urls"),
            bearer: from_either(section, world, ["bearer_token_file", "bearer_token_env"], &no_check)
                .and_then(|token| Secret::from_text(&token)),
            allow_private,
        },
        _ => return None,
    })
}

fn address(section: &Section<'_>, world: &mut World<'_>) -> Option<String> {
    let allow_private = section.flag("allow_private");
    from_either(section, world, ["url_file", "url_env"], &|text| url(text, allow_private))
}

fn from_either(
    section: &Section<'_>,
    world: &mut World<'_>,
    names: [&str; 2],
    check: &dyn Fn(&str) -> Result<(), Fault>,
) -> Option<String> {
    names.iter().find_map(|name| world.texts(section, name, check).pop())
}

/// As Standard Webhooks writes them.
fn signing(text: &str) -> Result<(), Fault> {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    match text.strip_prefix("whsec_") {
        Some(key) if !key.is_empty() && key.bytes().all(is_base64) => Ok(()),
        _ => Err(Fault::new("not a signing secret", "`whsec_` and base64, of 24 to 64 random bytes")),
    }
}

fn format(section: &Section<'_>) -> Format {
    if section.text("format").as_deref() == Some("ocsf") { Format::Ocsf } else { Format::Native }
}
