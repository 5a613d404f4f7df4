//! What settings ask of each other. Opens nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tripline_rules::diagnostic::{Severity, nearest};

use super::error::Origin;
use super::form::url;
use super::kind::{Fault, listed};
use super::meant;
use super::raw::{Raw, Section, complaint};
use super::table::{self, AT_MOST_ONE_OF, ONE_OF, Preset, SINKS};

/// The most signing secrets of a webhook: the one in use, and the one that replaces it.
const SIGNING_SECRETS_MAX: usize = 2;

struct Found<'r> {
    raw: &'r Raw,
    found: Vec<(Severity, Origin, String, Fault)>,
}

/// Notes every pair of settings that cannot stand together, and everything that is missing.
pub(super) fn check(raw: &mut Raw) {
    let mut found = Found { raw, found: Vec::new() };
    found.plain();
    for section in found.raw.sections().iter().filter(|section| section.name() == "sink") {
        found.sink(section);
    }
    found.paths();
    let complaints: Vec<_> = found
        .found
        .into_iter()
        .map(|(severity, origin, key, fault)| complaint(severity, &origin, &key, fault))
        .collect();
    raw.errors.extend(complaints);
}

impl Found<'_> {
    fn error(
        &mut self,
        origin: Origin,
        key: impl Into<String>,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.found.push((Severity::Error, origin, key.into(), Fault::new(problem, help)));
    }

    fn plain(&mut self) {
        let raw = self.raw;
        let (rules, http, limits) = (raw.section("rules"), raw.section("http"), raw.section("limits"));
        let packs = rules.list("packs");
        if packs.is_empty() && rules.list("paths").is_empty() && !rules.is_written("paths") {
            self.error(
                rules.origin("packs"),
                "rules.packs",
                "no rule would run",
                "name a pack here, or rules in `paths`",
            );
        }
        if !meant::listen(&http).ip().is_loopback() && !http.is_written("token_file") {
            self.error(
                http.origin("listen"),
                "http.listen",
                "is beyond loopback, where everybody could read the alerts",
                "set `http.token_file`, or listen on 127.0.0.1",
            );
        }
        for (name, [one, other]) in AT_MOST_ONE_OF {
            let section = raw.section(name);
            if section.is_written(one) && section.is_written(other) {
                let problem = format!("both `{one}` and `{other}`");
                self.error(section.origin(other), *name, problem, "keep one of them");
            }
        }
        if limits.count("event_bytes_max") > limits.count("inflated_bytes_max") {
            let origin = limits.origin("event_bytes_max").max(limits.origin("inflated_bytes_max"));
            self.error(
                origin,
                "limits.event_bytes_max",
                "more than a whole record may hold",
                "at most `inflated_bytes_max`",
            );
        }
        if raw.sinks.keys().all(|sink| !raw.section(&format!("sink.{sink}")).flag("enabled")) {
            let origin = raw.file.clone().unwrap_or(Origin::Default);
            let fault = Fault::new("no sink: alerts are only in the store", "write [sink.NAME]");
            self.found.push((Severity::Warning, origin, "sink".to_owned(), fault));
        }
    }

    fn sink(&mut self, section: &Section<'_>) {
        let Some(sink) = section.sink() else {
            if !section.is_written("type") {
                self.error(
                    section.header(),
                    &section.path,
                    "has no `type`",
                    format!("one of {}", listed(SINKS)),
                );
            }
            return;
        };
        for key in table::keys_of("sink") {
            let path = format!("{}.{}", section.path, key.name);
            let is_written = section.is_written(key.name);
            if is_written && !key.applies(Some(sink)) {
                let own: Vec<&str> = table::keys_of("sink")
                    .filter(|key| key.applies(Some(sink)))
                    .map(|key| key.name)
                    .collect();
                let near =
                    nearest(key.name, own).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                let help = format!("{near}it is one of {}", listed(key.sinks));
                self.error(section.origin(key.name), path, format!("no setting of type `{sink}`"), help);
            } else if !is_written && key.applies(Some(sink)) && matches!(key.preset, Preset::Required(_)) {
                let help = format!("write `{}`, {}", key.name, key.kind.expected());
                self.error(section.header(), path, format!("is missing, and type `{sink}` needs it"), help);
            }
        }
        if let Some((_, [one, other])) = ONE_OF.iter().find(|(name, _)| *name == sink) {
            match (section.is_written(one), section.is_written(other)) {
                (true, true) => {
                    self.error(
                        section.origin(other),
                        &section.path,
                        format!("both `{one}` and `{other}`"),
                        "keep one of them",
                    );
                }
                (false, false) => {
                    let problem = format!("neither `{one}` nor `{other}`");
                    self.error(section.header(), &section.path, problem, "write one of them");
                }
                _ => {}
            }
        }
        match sink {
            "webhook" => self.webhook(section),
            "alertmanager" => self.alertmanager(section),
            _ => {}
        }
    }

    fn webhook(&mut self, section: &Section<'_>) {
        let secrets = section.list("secret_files").len() + usize::from(section.is_written("secret_env"));
        if secrets > SIGNING_SECRETS_MAX {
            let key = format!("{}.secret_env", section.path);
            self.error(section.origin("secret_env"), key, "a third secret", "two are enough to replace one");
        }
        if section.count("digest_after") > 0 && section.text("format").as_deref() == Some("ocsf") {
            let key = format!("{}.digest_after", section.path);
            let help = "set `digest_after` to 0, or `format` to \"native\"";
            self.error(section.origin("digest_after"), key, "OCSF has no digests", help);
        }
    }

    fn alertmanager(&mut self, section: &Section<'_>) {
        let (key, urls) = (format!("{}.urls", section.path), section.list("urls"));
        if section.is_written("urls") && section.value("urls").is_some() && urls.is_empty() {
            self.error(section.origin("urls"), &key, "empty", "name at least one Alertmanager");
        }
        for fault in urls.iter().filter_map(|text| url(text, section.flag("allow_private")).err()) {
            self.found.push((Severity::Error, section.origin("urls"), key.clone(), fault));
        }
        if section.is_written("bearer_token_file") && section.is_written("bearer_token_env") {
            let problem = "both `bearer_token_file` and `bearer_token_env`";
            self.error(section.origin("bearer_token_env"), &section.path, problem, "keep one of them");
        }
    }

    /// Two writers of one file would tear each other's lines, and rotate each other's files away.
    fn paths(&mut self) {
        let store = self.raw.section("store");
        let mut owners = BTreeMap::new();
        owners.extend(store.text("path").map(|path| (plain(&path), "store.path".to_owned())));
        let files = self.raw.sections().into_iter().filter(|section| section.sink() == Some("file"));
        for section in files {
            let Some(path) = section.text("path") else { continue };
            let key = format!("{}.path", section.path);
            if let Some(owner) = owners.insert(plain(&path), key.clone()) {
                self.error(
                    section.origin("path"),
                    key,
                    format!("is the file of `{owner}`, too"),
                    "give each its own",
                );
            }
        }
    }
}

/// A path without `.`: enough to see that two are the same as written.
fn plain(path: &str) -> PathBuf {
    Path::new(path).components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}
