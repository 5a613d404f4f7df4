//! `{ … }`: conditions on the members of a JSON message.

use super::NESTING_MAX;
use super::ast::{Comparison, Expr};
use super::cursor::Cursor;
use super::error::{PatternError, PatternErrorKind as Kind};
use super::selector;
use super::warning::Warning;
use crate::field::Step;

/// A parser of JSON patterns: the cursor stands behind the brace that opens.
pub(super) struct Json<'c, 'p> {
    pub(super) cursor: &'c mut Cursor<'p>,
    pub(super) wildcards: usize,
    pub(super) nesting: usize,
    pub(super) warnings: Vec<Warning>,
}

impl Json<'_, '_> {
    pub(super) fn pattern(&mut self) -> Result<Expr, PatternError> {
        let expr = self.or()?;
        self.cursor.blanks();
        if !self.cursor.eat("}") {
            return Err(self.stray());
        }
        self.cursor.blanks();
        if self.cursor.rest().is_empty() {
            Ok(expr)
        } else {
            Err(self.cursor.expected("the end of the pattern"))
        }
    }

    fn stray(&self) -> PatternError {
        match self.cursor.peek() {
            Some(c @ ('&' | '|')) => self.cursor.error(Kind::Single(c)),
            _ => self.cursor.expected("`&&`, `||`, `)` or `}`"),
        }
    }

    fn or(&mut self) -> Result<Expr, PatternError> {
        self.cursor.blanks();
        let start = self.cursor.at;
        let mut parts = Vec::new();
        let mut bare_and = false;
        loop {
            self.cursor.blanks();
            let part_start = self.cursor.at;
            let (part, joined) = self.and()?;
            bare_and |= joined;
            parts.push((part_start, part));
            self.cursor.blanks();
            if !self.cursor.eat("||") {
                break;
            }
        }
        if parts.len() > 1 {
            self.warn_of_or(start, bare_and, &parts);
        }
        Ok(one_or(parts.into_iter().map(|(_, part)| part).collect(), Expr::Or))
    }

    fn warn_of_or(&mut self, start: usize, bare_and: bool, parts: &[(usize, Expr)]) {
        if bare_and {
            self.warnings.push(Warning::mixed(start));
        }
        // "Missing or different" is what people mean by it.
        let may_miss = |selector: &[Step]| {
            parts.iter().any(
                |(_, part)| matches!(part, Expr::Test(other, Comparison::NotExists) if other == selector),
            )
        };
        for (at, part) in parts {
            if let Expr::Test(selector, Comparison::Equal { equal: false, .. }) = part
                && !may_miss(selector)
            {
                self.warnings.push(Warning::or_not_equal(*at));
            }
        }
    }

    /// Conditions joined by `&&`, and whether there were several without parentheses around them.
    fn and(&mut self) -> Result<(Expr, bool), PatternError> {
        let mut parts = Vec::new();
        loop {
            parts.push(self.primary()?);
            self.cursor.blanks();
            if !self.cursor.eat("&&") {
                break;
            }
        }
        let joined = parts.len() > 1;
        Ok((one_or(parts, Expr::And), joined))
    }

    fn primary(&mut self) -> Result<Expr, PatternError> {
        self.cursor.blanks();
        if !self.cursor.eat("(") {
            return self.test();
        }
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.cursor.error(Kind::TooDeep));
        }
        let expr = self.or()?;
        self.nesting -= 1;
        self.cursor.blanks();
        if self.cursor.eat(")") { Ok(expr) } else { Err(self.stray()) }
    }

    fn test(&mut self) -> Result<Expr, PatternError> {
        let steps = selector::parse(self.cursor, &mut self.wildcards)?;
        let spaced = self.cursor.blanks();
        match self.cursor.peek() {
            Some(c) if spaced && c.is_ascii_alphabetic() => Ok(Expr::Test(steps, self.state()?)),
            _ => Ok(Expr::Test(steps, self.cursor.comparison()?)),
        }
    }

    /// `IS NULL`, `IS TRUE`, `IS FALSE`, `NOT EXISTS`: upper case, as documented.
    fn state(&mut self) -> Result<Comparison, PatternError> {
        let start = self.cursor.at;
        let mut words = Vec::new();
        while self.cursor.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            words.push(self.cursor.run(|c| c.is_ascii_alphabetic()));
            let end = self.cursor.at;
            if !self.cursor.blanks() {
                break;
            }
            if !self.cursor.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
                self.cursor.at = end;
                break;
            }
        }
        match words.as_slice() {
            ["IS", "NULL"] => Ok(Comparison::IsNull),
            ["IS", "TRUE"] => Ok(Comparison::IsBool(true)),
            ["IS", "FALSE"] => Ok(Comparison::IsBool(false)),
            ["NOT", "EXISTS"] => Ok(Comparison::NotExists),
            _ => Err(PatternError::new(start, keyword(&words.join(" ")))),
        }
    }
}

fn keyword(found: &str) -> Kind {
    let instead = match found.to_ascii_uppercase().as_str() {
        "IS NULL" => "IS NULL",
        "IS TRUE" => "IS TRUE",
        "IS FALSE" => "IS FALSE",
        "EXISTS" | "IS NOT NULL" | "NOT NULL" => "= *",
        _ => "IS NULL, IS TRUE, IS FALSE or NOT EXISTS",
    };
    let instead = if found.eq_ignore_ascii_case("NOT EXISTS") { "NOT EXISTS" } else { instead };
    Kind::Keyword { found: found.to_owned(), instead }
}

fn one_or(mut parts: Vec<Expr>, many: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => many(parts),
    }
}
