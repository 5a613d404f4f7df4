//! What must not be seen: shown to nobody, not even in an error. Reads nothing: the configuration knows where secrets stand.

use std::fmt;

/// A password, a token, an address that is a permission.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// What was read from where a secret stands; none when there is nothing.
    pub fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// For its receiver, and for nobody else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
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
    fn a_secret_is_never_shown_and_never_empty() {
        let secret = Secret::from_text("s3cret");
        assert_eq!(secret.as_ref().map(Secret::expose), Some("s3cret"));
        assert!(!format!("{secret:?}").contains("s3cret"));
        assert_eq!(Secret::from_text(""), None);
    }
}
