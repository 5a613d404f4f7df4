//! Where a value came from, and what is wrong with it.

use std::fmt;
use std::sync::Arc;

use tripline_rules::diagnostic::Severity;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody wrote it.
    Default,
    /// The file.
    File {
        /// As the caller named it.
        file: Arc<str>,
        /// From 1; 0 is the file as a whole.
        line: u32,
        /// From 1, in characters.
        column: u32,
    },
    /// A variable of the environment.
    Environment {
        /// Its name.
        variable: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line: 0, .. } => f.write_str(file),
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Environment { variable } => write!(f, "environment {variable}"),
        }
    }
}

/// One thing that is wrong with a configuration. All of them are reported; nothing is loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {}: {}{problem}{}", .severity.as_str(), named(.key), bracketed(.help.as_deref()))]
pub struct ConfigError {
    /// An error refuses the configuration, a warning does not.
    pub severity: Severity,
    /// Where.
    pub origin: Origin,
    /// Which key or section, `store.path`; empty for the file as a whole.
    pub key: String,
    /// What is wrong; never text that may be a secret.
    pub problem: String,
    /// How to mend it.
    pub help: Option<String>,
}

fn named(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("`{key}`: ") }
}

fn bracketed(help: Option<&str>) -> String {
    help.map(|help| format!(" ({help})")).unwrap_or_default()
}
