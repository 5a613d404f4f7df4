//! What is allowed and probably not meant.

use std::fmt;

/// A mistake that the language allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where, as a byte offset into the pattern.
    pub offset: usize,
    /// What.
    pub message: &'static str,
    /// How to mend it.
    pub help: &'static str,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.help)
    }
}

impl Warning {
    pub(super) fn mixed(offset: usize) -> Self {
        Self {
            offset,
            message: "`&&` and `||` meet without parentheses; `&&` binds tighter",
            help: "put parentheses where you mean them",
        }
    }

    pub(super) fn or_not_equal(offset: usize) -> Self {
        Self {
            offset,
            message: "`!=` as one of several `||` parts is true for nearly every event",
            help: "an exclusion is joined by `&&`",
        }
    }

    pub(super) fn outer_blanks() -> Self {
        Self {
            offset: 0,
            message: "blanks around the pattern were cut off; AWS refuses them",
            help: "begin with the bracket",
        }
    }

    pub(super) fn last_column(offset: usize) -> Self {
        Self {
            offset,
            message: "the last column has a condition and nothing follows it",
            help: "AWS asks for one more, empty or named, column",
        }
    }

    pub(super) fn ignored_optional(offset: usize) -> Self {
        Self {
            offset,
            message: "`?` terms beside others are ignored",
            help: "use `?` for all terms or for none",
        }
    }
}
