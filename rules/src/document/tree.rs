//! A YAML tree with positions. Not a general YAML value: keys are text, tags and merge keys do not exist.
//! Numbers keep their spelling, as `1.10` and `012345678901` are often names that someone forgot to quote.

/// A place in a file; lines and columns count from 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Yaml {
    /// `null`, `~`, or nothing at all.
    Null,
    /// Plain `true` and `false`; quoted, they are strings.
    Bool(bool),
    /// A plain integer, as spelled (hexadecimal and octal as decimal).
    Int(String),
    /// A plain number with a point or an exponent, as spelled.
    Float(String),
    /// Every other scalar.
    String(String),
    /// A sequence.
    List(Vec<Spanned>),
    /// A mapping.
    Map(Map),
}

impl Yaml {
    /// The text of a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Yaml::String(text) = self { Some(text) } else { None }
    }

    /// The spelling of an integer.
    pub(crate) fn as_int(&self) -> Option<&str> {
        if let Yaml::Int(text) = self { Some(text) } else { None }
    }

    /// The entries of a list.
    pub(crate) fn as_list(&self) -> Option<&[Spanned]> {
        if let Yaml::List(items) = self { Some(items) } else { None }
    }

    /// What it is, for error messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Yaml::Null => "nothing",
            Yaml::Bool(_) => "a boolean",
            Yaml::Int(_) | Yaml::Float(_) => "a number",
            Yaml::String(_) => "a string",
            Yaml::List(_) => "a list",
            Yaml::Map(_) => "a map",
        }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spanned {
    pub(crate) value: Yaml,
    /// Where it begins.
    pub(crate) place: Place,
    /// Where the first character of a scalar's text stands, if the file spells that text without escapes, on one line
    /// or as a literal block, whose lines all begin in one column.
    pub(crate) text_place: Option<Place>,
}

impl Spanned {
    /// The place of the character at `offset_chars` of a scalar's text; the scalar's beginning when the file
    /// spells the text otherwise.
    pub(crate) fn place_at(&self, offset_chars: usize) -> Place {
        let Some(start) = self.text_place else { return self.place };
        let text = self.value.as_str().unwrap_or_default();
        let (mut lines, mut columns) = (0_u32, 0_u32);
        for c in text.chars().chain(std::iter::repeat(' ')).take(offset_chars) {
            (lines, columns) = if c == '\n' { (lines + 1, 0) } else { (lines, columns + 1) };
        }
        Place { line: start.line.saturating_add(lines), column: start.column.saturating_add(columns) }
    }
}

/// A mapping, its entries in the order of the file, its keys distinct.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Map {
    pub(crate) entries: Vec<Entry>,
}

/// A key, where it stands, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_place: Place,
    pub(crate) value: Spanned,
}

impl Map {
    /// The entry of `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The entry of `key`, unless its value is null: an optional key without a value was not said.
    pub(crate) fn said(&self, key: &str) -> Option<&Entry> {
        self.get(key).filter(|entry| entry.value.value != Yaml::Null)
    }
}
