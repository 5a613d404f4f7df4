//! The words of a condition. A keyword is a whole word: `notsel` is a name.

use super::{ExpressionError, Fault};

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    /// A word, and as written.
    Word(Word, String),
}

/// What a word is. Counts (`1`, `any`, `all`) and `them` are names that `of` gives a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    And,
    Or,
    Not,
    Of,
    Name,
}

impl Token {
    /// As written, for messages.
    pub(super) fn text(&self) -> &str {
        match self {
            Token::Open => "(",
            Token::Close => ")",
            Token::Word(_, text) => text,
        }
    }
}

/// The tokens of a condition with their offsets in characters.
pub(super) fn lex(text: &str) -> Result<Vec<(usize, Token)>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().enumerate().peekable();
    while let Some((offset, (at, c))) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '(' => tokens.push((offset, Token::Open)),
            ')' => tokens.push((offset, Token::Close)),
            '|' => {
                let fault = Fault::Aggregation { instead: instead(&text[at + 1..]) };
                return Err(ExpressionError { offset, fault });
            }
            c if in_word(c) => {
                let mut end = at + c.len_utf8();
                while let Some((_, (at, c))) = chars.next_if(|(_, (_, c))| in_word(*c)) {
                    end = at + c.len_utf8();
                }
                tokens.push((offset, word(&text[at..end])));
            }
            character => return Err(ExpressionError { offset, fault: Fault::Character { character } }),
        }
    }
    Ok(tokens)
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '*')
}

fn word(text: &str) -> Token {
    let word = match text.to_ascii_lowercase().as_str() {
        "and" => Word::And,
        "or" => Word::Or,
        "not" => Word::Not,
        "of" => Word::Of,
        _ => Word::Name,
    };
    Token::Word(word, text.to_owned())
}

/// The correlation that says what an aggregation said (`spec/sigma.md` §9).
fn instead(aggregation: &str) -> &'static str {
    let compact: String =
        aggregation.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    if compact.starts_with("count()") {
        "write a second document with `correlation: {type: event_count, rules: …, timespan: …, condition: …}`"
    } else if compact.starts_with("count(") {
        "write a second document with `correlation: {type: value_count, …, condition: {field: …, gte: …}}`"
    } else if compact.starts_with("near") {
        "write a correlation of type `temporal` over two rules"
    } else if compact.starts_with("sum(") {
        "write a correlation of type `value_sum`"
    } else if compact.starts_with("avg(") {
        "write a correlation of type `value_avg`"
    } else {
        "write a correlation document; min and max have no successor"
    }
}
