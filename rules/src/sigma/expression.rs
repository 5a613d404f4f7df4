//! The condition language of a detection (`spec/sigma.md` §4): text to a tree over identifiers. It does not
//! know which identifiers exist.
//!
//! Weakest first: `or`, `and`, `not`, `x of`, parentheses. Keywords are whole words in any case.
//! Invariant: a tree is at most [`DEPTH_MAX`] deep, so whatever walks it may recurse.

mod lex;

use lex::{Token, Word, lex};

/// Parentheses and `not`s within one another; people stop at three.
const DEPTH_MAX: usize = 64;

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    Or(Vec<Expression>),
    And(Vec<Expression>),
    Not(Box<Expression>),
    /// One identifier; `offset` counts characters from 0, here and below.
    Name {
        name: String,
        offset: usize,
    },
    /// `1 of …` or `all of …`.
    Of {
        all: bool,
        names: Names,
        offset: usize,
    },
}

/// Which identifiers a selector means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Names {
    /// `them`.
    Them,
    /// A name with `*`s.
    Like(String),
}

/// Why a condition was refused, and where: characters from its beginning.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ExpressionError {
    pub(super) offset: usize,
    pub(super) fault: Fault,
}

/// What is wrong.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum Fault {
    #[error("unexpected `{found}`; wanted an identifier, `not`, `1 of`, `all of` or `(`")]
    WantedOperand { found: String },
    #[error("unexpected `{found}`; wanted `and`, `or` or the end")]
    WantedOperator { found: String },
    #[error("the condition ends where an identifier should follow")]
    EndsEarly,
    #[error("`(` without its `)`")]
    Unclosed,
    #[error("unexpected character `{character}`")]
    Character { character: char },
    #[error("`{count} of` is not Sigma: write `1 of`, `any of` or `all of`")]
    CountOf { count: String },
    #[error("`of` must be followed by `them` or a name with `*`")]
    OfWhat,
    #[error("`{pattern}` holds `*`, which stands only after `1 of` or `all of`")]
    LonePattern { pattern: String },
    #[error("nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    #[error("aggregations after `|` are no longer Sigma: {instead}")]
    Aggregation { instead: &'static str },
}

/// Parses a condition.
pub(super) fn parse(text: &str) -> Result<Expression, ExpressionError> {
    let tokens = lex(text)?;
    let end = text.chars().count();
    let mut parser = Parser { tokens: &tokens, next: 0, end, depth: 0 };
    let expression = parser.or()?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) => Err(parser.fault_here(Fault::WantedOperator { found: token.text().to_owned() })),
    }
}

struct Parser<'t> {
    tokens: &'t [(usize, Token)],
    next: usize,
    end: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn offset(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(offset, _)| *offset)
    }

    fn fault_here(&self, fault: Fault) -> ExpressionError {
        ExpressionError { offset: self.offset(), fault }
    }

    fn eat(&mut self, wanted: Word) -> bool {
        let here = matches!(self.peek(), Some(Token::Word(word, _)) if *word == wanted);
        self.next += usize::from(here);
        here
    }

    fn or(&mut self) -> Result<Expression, ExpressionError> {
        let mut parts = vec![self.and()?];
        while self.eat(Word::Or) {
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Expression::Or))
    }

    fn and(&mut self) -> Result<Expression, ExpressionError> {
        let mut parts = vec![self.not()?];
        while self.eat(Word::And) {
            parts.push(self.not()?);
        }
        Ok(one_or(parts, Expression::And))
    }

    fn not(&mut self) -> Result<Expression, ExpressionError> {
        if self.depth >= DEPTH_MAX {
            return Err(self.fault_here(Fault::TooDeep));
        }
        self.depth += 1;
        let expression =
            if self.eat(Word::Not) { Expression::Not(Box::new(self.not()?)) } else { self.operand()? };
        self.depth -= 1;
        Ok(expression)
    }

    fn operand(&mut self) -> Result<Expression, ExpressionError> {
        let (offset, start) = (self.offset(), self.next);
        let Some(token) = self.peek() else { return Err(self.fault_here(Fault::EndsEarly)) };
        self.next += 1;
        let fault = match token {
            Token::Open => {
                let inner = self.or()?;
                if self.peek() == Some(&Token::Close) {
                    self.next += 1;
                    return Ok(inner);
                }
                match self.peek() {
                    Some(token) => {
                        return Err(self.fault_here(Fault::WantedOperator { found: token.text().to_owned() }));
                    }
                    None => Fault::Unclosed,
                }
            }
            Token::Word(Word::Name, name) if self.eat(Word::Of) => return self.of(name, offset),
            Token::Word(Word::Name, name) if name.contains('*') => {
                Fault::LonePattern { pattern: name.clone() }
            }
            Token::Word(Word::Name, name) => return Ok(Expression::Name { name: name.clone(), offset }),
            Token::Close | Token::Word(Word::And | Word::Or | Word::Not | Word::Of, _) => {
                Fault::WantedOperand { found: token.text().to_owned() }
            }
        };
        self.next = start;
        Err(self.fault_here(fault))
    }

    /// What follows `COUNT of`.
    fn of(&mut self, count: &str, offset: usize) -> Result<Expression, ExpressionError> {
        let all = match count.to_ascii_lowercase().as_str() {
            "1" | "any" => false,
            "all" => true,
            _ => {
                let fault = Fault::CountOf { count: count.to_owned() };
                return Err(ExpressionError { offset, fault });
            }
        };
        let Some(Token::Word(Word::Name, name)) = self.peek() else {
            return Err(self.fault_here(Fault::OfWhat));
        };
        self.next += 1;
        let them = name.eq_ignore_ascii_case("them");
        let names = if them { Names::Them } else { Names::Like(name.clone()) };
        Ok(Expression::Of { all, names, offset })
    }
}

fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}
