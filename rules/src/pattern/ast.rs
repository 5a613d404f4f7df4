//! A filter pattern as a tree. Equal trees mean the same; how it was spaced and quoted is not kept, except where
//! quoting changes the meaning.

use crate::field::Step;
use crate::predicate::pattern::Order;

/// A filter pattern, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Empty, or a quoted blank: every message.
    Everything,
    /// `{ … }`.
    Json(Expr),
    /// Words and phrases.
    Terms(Vec<Term>),
    /// `[ … ]`.
    Delimited(Vec<Column>),
    /// `% … %`.
    Regex(String),
}

/// A condition of a JSON pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// `a || b || …`, at least two.
    Or(Vec<Expr>),
    /// `a && b && …`, at least two.
    And(Vec<Expr>),
    /// One test.
    Test(Vec<Step>, Comparison),
}

/// What is asked of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// `=`, or `!=` when not equal.
    Equal {
        /// `=`.
        equal: bool,
        /// With what.
        operand: Operand,
    },
    /// `<`, `<=`, `>`, `>=` and the number's text.
    Order(Order, String),
    /// `IS NULL`.
    IsNull,
    /// `IS TRUE`, `IS FALSE`.
    IsBool(bool),
    /// `NOT EXISTS`.
    NotExists,
}

/// What `=` compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A number without quotes: compares with numbers as a number, with strings as its text.
    Number(String),
    /// Text, perhaps with `*`.
    Text(String),
    /// A regular expression, as written between the `%`.
    Regex(String),
}

/// A word or phrase of an unstructured pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Its sign.
    pub kind: TermKind,
    /// Its text.
    pub text: String,
}

/// How a term counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermKind {
    /// Must occur.
    Required,
    /// `-`: must not occur.
    Excluded,
    /// `?`: one of these must occur, when all terms are of this kind.
    Optional,
}

/// A column of a space-delimited pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// `...`: any number of words.
    Ellipsis,
    /// One word, named or not, with its conditions: some of these alternatives, each all of its comparisons.
    Word {
        /// The name; empty for a column without one.
        name: String,
        /// `a || b && c`; empty for none.
        conditions: Vec<Vec<Comparison>>,
    },
}
