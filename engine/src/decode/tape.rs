//! One JSON text, parsed strictly into a flat tape whose nodes borrow from it. Numbers keep their source text,
//! strings are decoded only where they hold escapes, and of duplicate keys the last wins when a member is looked up.
//!
//! Not a general parser: it is bounded (depth, keys) because attackers write the input, and it never recurses.
//! Judge: `serde_json`.

use std::borrow::Cow;
use std::collections::HashSet;

/// The deepest nesting read: real events stop at 11, and the resolvers walk as deep as the parser went.
pub const DEPTH_MAX: usize = 64;

/// The most object members in one event: real ones have at most a few hundred.
pub const KEYS_MAX: usize = 10_000;

/// Why a text is not one JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TapeError {
    /// The grammar is broken at this byte.
    #[error("not JSON at byte {0}")]
    Syntax(usize),
    /// Nested deeper than [`DEPTH_MAX`].
    #[error("nested deeper than {DEPTH_MAX}")]
    TooDeep,
    /// More members than [`KEYS_MAX`].
    #[error("more than {KEYS_MAX} keys")]
    TooManyKeys,
}

/// One entry of the tape. Containers say where their last entry ends, so that siblings are one step apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number's source text.
    Number(&'a str),
    /// A decoded string.
    String(Cow<'a, str>),
    /// An array: its elements follow, up to the entry `end`.
    Array {
        /// One past the last entry inside.
        end: usize,
    },
    /// An object: keys (`String`) and values alternate, up to the entry `end`.
    Object {
        /// One past the last entry inside.
        end: usize,
    },
}

/// A parsed text: entry 0 is its value.
#[derive(Debug, Clone, Default)]
pub(super) struct Tape<'a> {
    entries: Vec<Entry<'a>>,
}

impl<'a> Tape<'a> {
    /// Parses one JSON value with nothing but white space around it.
    pub(super) fn parse(text: &'a str) -> Result<Self, TapeError> {
        let mut parser = Parser::new(text);
        parser.value()?;
        while !parser.open.is_empty() {
            parser.next_in_container()?;
        }
        parser.blanks();
        if parser.at == text.len() { Ok(parser.tape) } else { Err(TapeError::Syntax(parser.at)) }
    }

    /// Whether nothing was parsed: the default tape.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry at `index`.
    pub(super) fn entry(&self, index: usize) -> &Entry<'a> {
        &self.entries[index]
    }

    /// One past the last entry of the value that begins at `index`.
    pub(super) fn end_of(&self, index: usize) -> usize {
        match self.entries[index] {
            Entry::Array { end } | Entry::Object { end } => end,
            Entry::Null | Entry::Bool(_) | Entry::Number(_) | Entry::String(_) => index + 1,
        }
    }

    /// The elements of the array at `index`; nothing when it is no array.
    pub(super) fn elements(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let end = if let Entry::Array { end } = self.entries[index] { end } else { index + 1 };
        let first = (index + 1 < end).then_some(index + 1);
        std::iter::successors(first, move |at| Some(self.end_of(*at)).filter(|next| *next < end))
    }

    /// The members of the object at `index`, duplicates included: (key, entry of the value).
    pub(super) fn members(&self, index: usize) -> impl Iterator<Item = (&str, usize)> + '_ {
        let end = if let Entry::Object { end } = self.entries[index] { end } else { index + 1 };
        let first = (index + 1 < end).then_some(index + 1);
        let keys =
            std::iter::successors(first, move |at| Some(self.end_of(*at + 1)).filter(|next| *next < end));
        keys.filter_map(|at| {
            if let Entry::String(key) = &self.entries[at] { Some((key.as_ref(), at + 1)) } else { None }
        })
    }

    /// The value of a member; of duplicate keys the last.
    pub(super) fn member(&self, index: usize, name: &str) -> Option<usize> {
        self.members(index).filter(|(key, _)| *key == name).last().map(|(_, at)| at)
    }
}

impl Tape<'_> {
    /// The members of the object at `index` in the order of the text, without those that a later duplicate hides.
    pub(super) fn last_members(&self, index: usize) -> Vec<(&str, usize)> {
        let mut seen = HashSet::new();
        let mut members: Vec<_> = self.members(index).collect();
        members.reverse();
        members.retain(|(key, _)| seen.insert(*key));
        members.reverse();
        members
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    tape: Tape<'a>,
    /// The containers that are still open, by their entries.
    open: Vec<usize>,
    keys: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, tape: Tape::default(), open: Vec::new(), keys: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), TapeError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(TapeError::Syntax(self.at))
    }

    fn value(&mut self) -> Result<(), TapeError> {
        self.blanks();
        let entry = match self.peek() {
            Some(b'{') => return self.enter(Entry::Object { end: 0 }),
            Some(b'[') => return self.enter(Entry::Array { end: 0 }),
            Some(b'"') => Entry::String(self.string()?),
            Some(b't') => self.word("true", Entry::Bool(true))?,
            Some(b'f') => self.word("false", Entry::Bool(false))?,
            Some(b'n') => self.word("null", Entry::Null)?,
            _ => Entry::Number(self.number()?),
        };
        self.tape.entries.push(entry);
        Ok(())
    }

    fn enter(&mut self, container: Entry<'a>) -> Result<(), TapeError> {
        if self.open.len() == DEPTH_MAX {
            return Err(TapeError::TooDeep);
        }
        self.at += 1;
        self.open.push(self.tape.entries.len());
        self.tape.entries.push(container);
        Ok(())
    }

    /// One element or member of the innermost open container, or its end.
    fn next_in_container(&mut self) -> Result<(), TapeError> {
        let Some(&start) = self.open.last() else { return Ok(()) };
        let is_object = matches!(self.tape.entries[start], Entry::Object { .. });
        let is_first = self.tape.entries.len() == start + 1;
        self.blanks();
        if self.peek() == Some(if is_object { b'}' } else { b']' }) {
            self.at += 1;
            self.open.pop();
            let end = self.tape.entries.len();
            self.tape.entries[start] = if is_object { Entry::Object { end } } else { Entry::Array { end } };
            return Ok(());
        }
        if !is_first {
            self.take(b',')?;
        }
        if is_object {
            self.key()?;
        }
        self.value()
    }

    fn key(&mut self) -> Result<(), TapeError> {
        if self.keys == KEYS_MAX {
            return Err(TapeError::TooManyKeys);
        }
        self.keys += 1;
        self.blanks();
        let key = self.string()?;
        self.tape.entries.push(Entry::String(key));
        self.blanks();
        self.take(b':')
    }

    fn word(&mut self, word: &str, entry: Entry<'a>) -> Result<Entry<'a>, TapeError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(TapeError::Syntax(self.at));
        }
        self.at += word.len();
        Ok(entry)
    }

    fn digits(&mut self) -> Result<(), TapeError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(TapeError::Syntax(self.at)) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<&'a str, TapeError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1
        } else {
            self.digits()?
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn string(&mut self) -> Result<Cow<'a, str>, TapeError> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(byte) if byte >= 0x20 => self.at += 1,
                _ => return Err(TapeError::Syntax(self.at)),
            }
        }
        let raw = &self.text[start..self.at];
        self.at += 1;
        unescape(raw).map_err(|error| match error {
            TapeError::Syntax(at) => TapeError::Syntax(start + at),
            other => other,
        })
    }
}

/// The value of a string whose source, without the quotes around it, is `raw`.
pub(super) fn unescape(raw: &str) -> Result<Cow<'_, str>, TapeError> {
    let bytes = raw.as_bytes();
    let Some(mut at) = memchr::memchr(b'\\', bytes) else { return Ok(Cow::Borrowed(raw)) };
    let (mut value, mut plain) = (String::with_capacity(raw.len()), 0);
    loop {
        value.push_str(&raw[plain..at]);
        at += 1;
        value.push(escape(bytes, &mut at)?);
        plain = at;
        match memchr::memchr(b'\\', &bytes[at..]) {
            Some(next) => at += next,
            None => break,
        }
    }
    value.push_str(&raw[plain..]);
    Ok(Cow::Owned(value))
}

/// Whether `text` is a number and nothing else.
pub(super) fn is_number(text: &str) -> bool {
    let mut parser = Parser::new(text);
    parser.number().is_ok_and(|number| number.len() == text.len())
}

/// The character behind a backslash; `at` stands after the backslash. A surrogate without its other half is
/// U+FFFD: the grammar allows it, and refusing the event would let whoever names a thing hide it.
fn escape(bytes: &[u8], at: &mut usize) -> Result<char, TapeError> {
    let letter = bytes.get(*at).ok_or(TapeError::Syntax(*at))?;
    *at += 1;
    Ok(match letter {
        b'"' | b'\\' | b'/' => char::from(*letter),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = hex4(bytes, at)?;
            if !(0xD800..0xDC00).contains(&unit) {
                return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            let mut ahead = *at + 2;
            match bytes.get(*at..ahead) {
                Some(b"\\u") => match hex4(bytes, &mut ahead) {
                    Ok(low @ 0xDC00..0xE000) => {
                        *at = ahead;
                        char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
                            .unwrap_or(char::REPLACEMENT_CHARACTER)
                    }
                    Ok(_) => char::REPLACEMENT_CHARACTER,
                    Err(error) => return Err(error),
                },
                _ => char::REPLACEMENT_CHARACTER,
            }
        }
        _ => return Err(TapeError::Syntax(*at - 1)),
    })
}

fn hex4(bytes: &[u8], at: &mut usize) -> Result<u32, TapeError> {
    let digits = bytes.get(*at..*at + 4).ok_or(TapeError::Syntax(*at))?;
    let mut unit = 0;
    for digit in digits {
        unit = unit * 16 + char::from(*digit).to_digit(16).ok_or(TapeError::Syntax(*at))?;
    }
    *at += 4;
    Ok(unit)
}
