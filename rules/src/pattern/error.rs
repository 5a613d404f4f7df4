//! Why a pattern is refused: where, what, and how to mend it.

use std::fmt;

/// A refused pattern. AWS answers most of these with one sentence, "Invalid metric filter pattern".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct PatternError {
    /// Where, as a byte offset into the pattern.
    pub offset: usize,
    /// What.
    pub kind: PatternErrorKind,
}

/// What is wrong with a pattern (`spec/filter-pattern.md` §1 to §8).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternErrorKind {
    /// Beyond the length quota.
    #[error("the pattern has {chars} characters; at most {max} are allowed", max = super::CHARS_MAX)]
    TooLong {
        /// How many.
        chars: usize,
    },
    /// No closing bracket.
    #[error("a pattern that starts with `{open}` must end with `{close}`")]
    Unclosed {
        /// `{` or `[`.
        open: char,
        /// `}` or `]`.
        close: char,
    },
    /// Something else stands here.
    #[error("expected {expected}{}", what_stands_here(.found))]
    Expected {
        /// What would be right.
        expected: &'static str,
        /// What stands there; none at the end of the pattern.
        found: Option<char>,
    },
    /// A selector that does not begin with `$.`.
    #[error("a selector begins with `$`, as in `$.eventName`")]
    Selector,
    /// `$."name"`, and names with other characters.
    #[error("a name may hold letters, digits, `-` and `_`; write any other as $.['the name']")]
    Name,
    /// `==`.
    #[error("`==` is no operator; write `=`")]
    DoubleEquals,
    /// `&` or `|` alone.
    #[error("write `{0}{0}`")]
    Single(char),
    /// `EXISTS`, `IS NOT NULL`.
    #[error("`{found}` is not in the language; write `{instead}`")]
    Keyword {
        /// What was written.
        found: String,
        /// What does the same.
        instead: &'static str,
    },
    /// A character that needs quotes.
    #[error("`{0}` cannot stand outside quotes; write the whole operand in double quotes")]
    NeedsQuotes(char),
    /// A second word after an unquoted one.
    #[error("an operand with a blank must stand in double quotes")]
    BlankInOperand,
    /// `<` and the like with something that is no bare number.
    #[error("`{operator}` compares with a number, written without quotes")]
    NotANumber {
        /// The operator.
        operator: &'static str,
    },
    /// A quotation without its end.
    #[error("the quotation that begins here never ends; write `\"` inside it as `\\\"`")]
    OpenQuote,
    /// A regular expression without its end.
    #[error("the regular expression that begins here never ends; it stands between two `%`")]
    OpenRegex,
    /// Not in the dialect.
    #[error("{0}")]
    Regex(RegexProblem),
    /// Quotas.
    #[error("at most {max} {what} are allowed")]
    Quota {
        /// What there are too many of.
        what: &'static str,
        /// The quota.
        max: usize,
    },
    /// A condition on another field's name.
    #[error("the conditions of one field all name it: expected `{expected}`")]
    OtherField {
        /// The field's own name.
        expected: String,
    },
    /// Parentheses beyond any use.
    #[error("parentheses are nested deeper than {max}", max = super::NESTING_MAX)]
    TooDeep,
}

/// What is wrong with a regular expression (`spec/filter-pattern.md` §7).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexProblem {
    /// A character outside the dialect.
    #[error("`{0}` is not allowed in a regular expression; a character may be written as \\xHH")]
    Character(char),
    /// An escape outside the dialect.
    #[error(
        "the escape `\\{0}` is not in the dialect (\\d \\D \\s \\S \\w \\W \\xHH, or a backslash before an operator)"
    )]
    Escape(char),
    /// `*?`, `++` and the like.
    #[error("a repetition cannot be repeated")]
    Repetition,
    /// A quantifier with nothing before it.
    #[error("there is nothing to repeat here")]
    NothingToRepeat,
    /// A broken `{m,n}`.
    #[error("a bound is written {{m}}, {{m,}}, {{,n}} or {{m,n}}, with m not above n")]
    Bound,
    /// A broken `[…]`.
    #[error("the character class that begins here is empty or unclosed")]
    Class,
    /// `[z-a]`.
    #[error("the range that ends here runs backwards, or to something that is no single character")]
    Range,
    /// Empty.
    #[error("a regular expression cannot be empty")]
    Empty,
    /// Refused by our engine for a reason that the check of the dialect does not know.
    #[error("the regular expression is not valid: {reason}")]
    Engine {
        /// The engine's words.
        reason: String,
    },
    /// Too large to compile.
    #[error("the regular expression is too large once its bounds are written out")]
    TooLarge,
}

fn what_stands_here(found: &Option<char>) -> String {
    match found {
        Some(c) => format!(", found `{c}`"),
        None => ", found the end".to_owned(),
    }
}

impl PatternError {
    pub(super) fn new(offset: usize, kind: PatternErrorKind) -> Self {
        Self { offset, kind }
    }

    /// The line of the pattern that holds the error, a caret below the place, and the message, for a terminal.
    pub fn render(&self, pattern: &str) -> String {
        let offset = pattern.floor_char_boundary(self.offset);
        let start = pattern[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line = pattern[start..].split('\n').next().unwrap_or_default();
        let mut rendered = String::new();
        let column = pattern[start..offset].chars().count();
        // A pattern beyond the quota would fill the screen.
        let shown: String = line.chars().map(visible).skip(column.saturating_sub(60)).take(120).collect();
        let _ = fmt::Write::write_fmt(
            &mut rendered,
            format_args!("error: {self}\n  {shown}\n  {:width$}^", "", width = column.min(60)),
        );
        rendered
    }
}

/// Control characters would move the caret, or worse.
fn visible(c: char) -> char {
    if c == '\t' || c == '\r' {
        ' '
    } else if c.is_control() {
        '\u{fffd}'
    } else {
        c
    }
}
