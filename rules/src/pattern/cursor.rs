//! Where the parser stands in a pattern, and the tokens that all kinds of pattern share.

use super::ast::{Comparison, Operand};
use super::error::{PatternError, PatternErrorKind as Kind};
use super::regex;
use crate::predicate::pattern::Order;

/// Regular expressions in one pattern, a quota of AWS.
const REGEXES_MAX: usize = 2;

/// A position in a pattern, and what the quotas count.
pub(super) struct Cursor<'p> {
    pub(super) text: &'p str,
    pub(super) at: usize,
    pub(super) regexes: usize,
}

impl<'p> Cursor<'p> {
    pub(super) fn new(text: &'p str) -> Self {
        Self { text, at: 0, regexes: 0 }
    }

    pub(super) fn rest(&self) -> &'p str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn error(&self, kind: Kind) -> PatternError {
        PatternError::new(self.at, kind)
    }

    pub(super) fn expected(&self, expected: &'static str) -> PatternError {
        self.error(Kind::Expected { expected, found: self.peek() })
    }

    /// Skips blanks; whether there were any.
    pub(super) fn blanks(&mut self) -> bool {
        let start = self.at;
        self.at += self.rest().len() - self.rest().trim_start_matches(is_blank).len();
        self.at > start
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// The longest run of characters that pass.
    pub(super) fn run(&mut self, passes: impl Fn(char) -> bool) -> &'p str {
        let rest = self.rest();
        let end = rest.find(|c| !passes(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// `=`, `!=` and what they compare with, or an ordering and its number.
    pub(super) fn comparison(&mut self) -> Result<Comparison, PatternError> {
        self.blanks();
        if self.rest().starts_with("==") {
            return Err(self.error(Kind::DoubleEquals));
        }
        for (token, equal) in [("=", true), ("!=", false)] {
            if self.eat(token) {
                self.blanks();
                return Ok(Comparison::Equal { equal, operand: self.operand()? });
            }
        }
        for order in [Order::LessOrEqual, Order::GreaterOrEqual, Order::Less, Order::Greater] {
            if self.eat(order.as_str()) {
                self.blanks();
                let start = self.at;
                let number = self.run(is_bare);
                if !is_number(number) || self.peek() == Some('"') {
                    self.at = start;
                    return Err(self.error(Kind::NotANumber { operator: order.as_str() }));
                }
                self.ends_operand()?;
                return Ok(Comparison::Order(order, number.to_owned()));
            }
        }
        Err(self.expected("an operator (=, !=, <, <=, >, >=)"))
    }

    fn operand(&mut self) -> Result<Operand, PatternError> {
        let operand = match self.peek() {
            Some('"') => Operand::Text(self.quoted()?),
            Some('%') => Operand::Regex(self.regex()?),
            _ => {
                let text = self.run(is_bare);
                if text.is_empty() {
                    return Err(match self.peek() {
                        Some(c) if !")]}&|,".contains(c) => self.error(Kind::NeedsQuotes(c)),
                        _ => self.expected("an operand"),
                    });
                }
                if is_number(text) {
                    Operand::Number(text.to_owned())
                } else {
                    Operand::Text(text.to_owned())
                }
            }
        };
        self.ends_operand()?;
        Ok(operand)
    }

    /// After an operand something must follow that cannot belong to it.
    fn ends_operand(&self) -> Result<(), PatternError> {
        let after = self.rest();
        match after.chars().next() {
            None | Some(')' | ']' | '}' | '&' | '|' | ',') => Ok(()),
            Some(c) if is_blank(c) => match after.trim_start_matches(is_blank).chars().next() {
                None | Some(')' | ']' | '}' | '&' | '|' | ',') => Ok(()),
                Some(_) => Err(PatternError::new(self.at, Kind::BlankInOperand)),
            },
            Some(c) => Err(self.error(Kind::NeedsQuotes(c))),
        }
    }

    /// A quotation: `\"` and `\\` are the escapes; a backslash before anything else stands for what follows.
    pub(super) fn quoted(&mut self) -> Result<String, PatternError> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(PatternError::new(open, Kind::OpenQuote)),
                Some('"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => {
                    self.at += 1;
                    let Some(c) = self.peek() else { return Err(PatternError::new(open, Kind::OpenQuote)) };
                    text.push(c);
                    self.at += c.len_utf8();
                }
                Some(c) => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    /// A regular expression between two `%`, checked against the dialect.
    pub(super) fn regex(&mut self) -> Result<String, PatternError> {
        let open = self.at;
        let Some(length) = self.rest()[1..].find('%') else {
            return Err(PatternError::new(open, Kind::OpenRegex));
        };
        let source = &self.rest()[1..=length];
        regex::check(source)
            .map_err(|(at, problem)| PatternError::new(open + 1 + at, Kind::Regex(problem)))?;
        self.regexes += 1;
        if self.regexes > REGEXES_MAX {
            return Err(PatternError::new(
                open,
                Kind::Quota { what: "regular expressions", max: REGEXES_MAX },
            ));
        }
        self.at += length + 2;
        Ok(source.to_owned())
    }
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// What an operand may hold without quotes (`spec/filter-pattern.md` §4.3).
pub(super) fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '*' | '-' | '+')
}

/// Sign, digits, decimals, exponent.
pub(super) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some((whole, decimals)) => digits(whole) && digits(decimals),
        None => digits(mantissa),
    };
    mantissa_ok && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}
