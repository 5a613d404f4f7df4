//! What the configuration names outside itself: folders, files, secrets. Reads, never writes, calls nobody.
//!
//! Invariant: what is read from a place of a secret goes into a [`Secret`] and into nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tripline_rules::diagnostic::Severity;

use super::error::ConfigError;
use super::kind::{Fault, Value, quoted};
use super::raw::{Raw, Section, complaint};
use crate::regular_file::read_regular_file;
use crate::sink::Secret;

/// The shortest token of the HTTP server: 64 bits if it is hexadecimal.
const TOKEN_CHARS_MIN: usize = 16;

/// A file beyond this is no secret.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// What is outside: the environment, and what was found wrong out there.
pub(super) struct World<'e> {
    environment: &'e BTreeMap<String, String>,
    pub(super) errors: Vec<ConfigError>,
}

/// Checks what every section names. Returns the token of the port.
pub(super) fn check(raw: &Raw, world: &mut World<'_>) -> Option<Secret> {
    let (rules, store, http) = (raw.section("rules"), raw.section("store"), raw.section("http"));
    for path in rules.list("paths") {
        if let Err(error) = fs::metadata(&path) {
            let problem = format!("{}: {error}", quoted(&path));
            world.error(&rules, "paths", Fault::new(problem, "name a rule file, or a folder of them"));
        }
    }
    world.folder_of(&store, "path");
    http.is_written("token_file")
        .then(|| world.secrets(&http, "token_file", &is_strong_token).pop())
        .flatten()
}

/// Whether the text of a secret is what it should be.
pub(super) type Check<'c> = &'c dyn Fn(&str) -> Result<(), Fault>;

/// Refuses a token that can be guessed, or that no `Authorization` header can carry.
fn is_strong_token(token: &str) -> Result<(), Fault> {
    let help = "make one: openssl rand -hex 32";
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Fault::new("the token holds blanks, control characters or letters beyond ASCII", help));
    }
    match token.len() {
        TOKEN_CHARS_MIN.. => Ok(()),
        n => Err(Fault::new(
            format!("the token is {n} long; expected {TOKEN_CHARS_MIN} characters or more"),
            help,
        )),
    }
}

/// Any text will do.
pub(super) fn no_check(_: &str) -> Result<(), Fault> {
    Ok(())
}

impl<'e> World<'e> {
    pub(super) fn new(environment: &'e BTreeMap<String, String>) -> Self {
        Self { environment, errors: Vec::new() }
    }

    fn note(&mut self, severity: Severity, section: &Section<'_>, name: &str, fault: Fault) {
        let key = format!("{}.{name}", section.path);
        self.errors.push(complaint(severity, &section.origin(name), &key, fault));
    }

    fn error(&mut self, section: &Section<'_>, name: &str, fault: Fault) {
        self.note(Severity::Error, section, name, fault);
    }

    /// The folder of a file that will be made.
    pub(super) fn folder_of(&mut self, section: &Section<'_>, name: &str) {
        let Some(path) = section.text(name) else { return };
        let path = Path::new(&path);
        if path.is_dir() {
            return self.error(section, name, Fault::new("is a folder", "name a file in it"));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            let problem = format!("there is no folder {}", quoted(&folder.to_string_lossy()));
            self.error(section, name, Fault::new(problem, "make it, and let the service write there"));
        }
    }

    /// The secrets that a key names, files or a variable; fewer when one is not right.
    pub(super) fn secrets(&mut self, section: &Section<'_>, name: &str, check: Check<'_>) -> Vec<Secret> {
        self.texts(section, name, check).iter().filter_map(|text| Secret::from_text(text)).collect()
    }

    /// The same, for who keeps them himself.
    pub(super) fn texts(&mut self, section: &Section<'_>, name: &str, check: Check<'_>) -> Vec<String> {
        let places = match section.value(name) {
            Some(Value::Text(place)) => vec![place],
            Some(Value::List(places)) => places,
            _ => Vec::new(),
        };
        let is_variable = name.ends_with("_env");
        let mut texts = Vec::new();
        for place in &places {
            let text = if is_variable { self.variable(place) } else { self.file(section, name, place) };
            match text.and_then(|text| checked(&text, check)) {
                Ok(text) => texts.push(text),
                Err(Fault { problem, help }) => {
                    self.error(
                        section,
                        name,
                        Fault { problem: format!("{}: {problem}", quoted(place)), help },
                    );
                }
            }
        }
        texts
    }

    fn variable(&self, name: &str) -> Result<String, Fault> {
        self.environment
            .get(name)
            .cloned()
            .ok_or_else(|| Fault::new("not set, or not text", "set it for the service"))
    }

    fn file(&mut self, section: &Section<'_>, name: &str, path: &str) -> Result<String, Fault> {
        let readable = "a file that the service can read";
        let bytes = read_regular_file(Path::new(path), SECRET_BYTES_MAX)
            .map_err(|e| Fault::new(e.to_string(), readable))?;
        if is_open_to_all(Path::new(path)) {
            let problem = format!("everybody may read {}", quoted(path));
            self.note(Severity::Warning, section, name, Fault::new(problem, "chmod o-rwx"));
        }
        String::from_utf8(bytes).map_err(|_| Fault::new("not text", "one line of UTF-8"))
    }
}

/// A secret without the end of its line.
fn checked(text: &str, check: Check<'_>) -> Result<String, Fault> {
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        return Err(Fault::new("empty", "put the secret there"));
    }
    check(text).map(|()| text.to_owned())
}

#[cfg(unix)]
fn is_open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_: &Path) -> bool {
    false
}
