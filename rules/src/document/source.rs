//! A named text. Reading it from a disk is the caller's business.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Origin};

/// One rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The name that diagnostics print: the path, as the caller knows it.
    pub name: Arc<str>,
    /// Its whole text.
    pub text: String,
}

impl SourceFile {
    /// A file from its bytes.
    ///
    /// # Errors
    /// Names the line and column of the first byte that is not UTF-8.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        let name: Arc<str> = Arc::from(name);
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text }),
            Err(error) => {
                let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
                let line = 1 + good.matches('\n').count();
                let column = 1 + good.rsplit('\n').next().unwrap_or_default().chars().count();
                let origin = Origin {
                    file: name,
                    line: u32::try_from(line).unwrap_or(u32::MAX),
                    column: u32::try_from(column).unwrap_or(u32::MAX),
                };
                Err(Diagnostic::error(&origin, "the file is not UTF-8 text").help("save it as UTF-8"))
            }
        }
    }

    /// Whether this is a file of test cases, which never holds rules.
    pub fn is_cases(&self) -> bool {
        self.name.ends_with(".cases.yml") || self.name.ends_with(".cases.yaml")
    }
}
