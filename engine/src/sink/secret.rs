//! What must not be seen: read from a file or the environment, shown to nobody, not even in an error.

use std::fmt;
use std::path::{Path, PathBuf};

/// A password, a token, an address that is a permission. There is no way to make one from text in a configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a secret could not be read. Says where it should be, never what is there.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read, or is not text.
    #[error("secret file {}: {source}", path.display())]
    File {
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The variable is not set, or is not text.
    #[error("secret variable {name}: not set, or not text")]
    Variable {
        /// Its name.
        name: String,
    },
    /// There is nothing there.
    #[error("secret {place}: empty")]
    Empty {
        /// The file or the variable.
        place: String,
    },
}

impl Secret {
    /// The content of a file, without the line's end.
    ///
    /// # Errors
    /// When it cannot be read or is empty.
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SecretError::File { path: path.to_owned(), source })?;
        Self::trimmed(&text, || path.display().to_string())
    }

    /// The value of an environment variable.
    ///
    /// # Errors
    /// When it is not set or empty.
    pub fn from_env(name: &str) -> Result<Self, SecretError> {
        let text = std::env::var(name).map_err(|_| SecretError::Variable { name: name.to_owned() })?;
        Self::trimmed(&text, || name.to_owned())
    }

    /// Text that was read from where a secret may stand; none when there is none.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// For its receiver, and for nobody else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    fn trimmed(text: &str, place: impl Fn() -> String) -> Result<Self, SecretError> {
        match text.trim_end_matches(['\n', '\r']) {
            "" => Err(SecretError::Empty { place: place() }),
            text => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_without_its_line_end_and_never_shown() {
        let path = std::env::temp_dir().join(format!("tripline-secret-file-{}", std::process::id()));
        for (text, read) in
            [("s3cret\r\n", Some("s3cret")), ("s3cret", Some("s3cret")), ("\n", None), ("", None)]
        {
            std::fs::write(&path, text).unwrap();
            let secret = Secret::from_file(&path);
            assert_eq!(secret.as_ref().ok().map(Secret::expose), read);
            assert!(!format!("{secret:?}").contains("s3cret"));
            if let Err(error) = secret {
                assert!(error.to_string().contains("secret-file-"), "{error}");
            }
        }
        std::fs::write(&path, b"\xff\xfes3cret").unwrap();
        let error = Secret::from_file(&path).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        std::fs::remove_file(&path).unwrap();
        let error = Secret::from_env("TRIPLINE_TEST_NOT_SET").unwrap_err().to_string();
        assert_eq!(error, "secret variable TRIPLINE_TEST_NOT_SET: not set, or not text");
    }
}
