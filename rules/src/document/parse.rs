//! YAML text to trees, on the events of the parser beneath `serde-saphyr`: serde's own data model forgets
//! whether a scalar was quoted, and then `'true'` and `true` are one.
//!
//! Invariant: work and memory are bounded by the constants below, whatever the text; nothing recurses.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span, Tag, options};

use super::scalar;
use super::tree::{Entry, Map, Place, Spanned, Yaml};

/// Bytes of one file. A published rule has 1 to 5 KiB, so that hundreds of them fit in one file.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Values and keys of one file after aliases are expanded: 20 bytes each in a full file, which is what prose and
/// event names come to.
pub(crate) const NODES_MAX: usize = 50_000;
/// Bytes of all scalars of one file after aliases are expanded: what a file without aliases can hold, twice.
pub(crate) const SCALAR_BYTES_MAX: usize = 2 * FILE_BYTES_MAX;
/// Collections within collections. CloudTrail events nest 11 deep, rules about half of that. Everything that walks a tree
/// recurses at most this often.
pub(crate) const DEPTH_MAX: usize = 32;
/// `*alias` uses in one file. Rules use none or a few; expansion is charged to the two budgets above as well.
pub(crate) const ALIASES_MAX: usize = 100;

/// Why a text is not a rule file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Fault {
    #[error("not valid YAML: {reason}")]
    Syntax { reason: String },
    #[error("the file has {bytes} bytes, more than {FILE_BYTES_MAX}: split it")]
    TooLong { bytes: usize },
    #[error("more than {NODES_MAX} values in one file, aliases expanded: split it")]
    TooManyNodes,
    #[error(
        "more than {SCALAR_BYTES_MAX} bytes of text in one file, aliases expanded: write less through aliases"
    )]
    TooMuchText,
    #[error("nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    #[error("more than {ALIASES_MAX} aliases (`*name`) in one file: write the values out")]
    TooManyAliases,
    #[error("the alias stands inside the value that it refers to")]
    CyclicAlias,
    #[error("duplicate key `{key}`, first seen at line {first_line}")]
    DuplicateKey { key: String, first_line: u32 },
    #[error("a key must be a plain word or a string, not a list, a map or an alias")]
    ComplexKey,
    #[error("tags (`{tag}`) are not supported: remove it")]
    Tag { tag: String },
    #[error("merge keys (`<<`) are not supported: write the entries out")]
    MergeKey,
}

/// A fault and where it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub(crate) place: Place,
    pub(crate) fault: Fault,
}

/// All non-empty documents of a text.
pub(super) fn parse(text: &str) -> Result<Vec<Spanned>, YamlError> {
    if text.len() > FILE_BYTES_MAX {
        let place = Place { line: 1, column: 1 };
        return Err(YamlError { place, fault: Fault::TooLong { bytes: text.len() } });
    }
    let options = options! {
        emit_comments: false,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    let mut builder = Builder { lines: text.lines().collect(), ..Builder::default() };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| YamlError {
            place: place(error.marker().line(), error.marker().col()),
            fault: Fault::Syntax { reason: error.info() },
        })?;
        builder.take(event, &span).map_err(|fault| YamlError { place: start(&span), fault })?;
    }
    Ok(builder.documents)
}

fn place(line: usize, column_from_0: usize) -> Place {
    let int = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place { line: int(line).max(1), column: int(column_from_0).saturating_add(1) }
}

fn start(span: &Span) -> Place {
    place(span.start.line(), span.start.col())
}

/// A collection whose end has not come yet.
struct Frame {
    anchor: usize,
    place: Place,
    parts: Parts,
}

enum Parts {
    List(Vec<Spanned>),
    Map { map: Map, lines: HashMap<String, u32>, key: Option<(String, Place)> },
}

#[derive(Default)]
struct Builder<'t> {
    lines: Vec<&'t str>,
    documents: Vec<Spanned>,
    open: Vec<Frame>,
    /// Finished anchored values, with what a copy of each costs.
    anchors: HashMap<usize, (Spanned, Cost)>,
    spent: Cost,
    aliases: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    nodes: usize,
    bytes: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Fault> {
        match event {
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..) => Ok(()),
            Event::UnresolvedAlias(_) => Err(Fault::CyclicAlias),
            Event::Alias(anchor) => self.alias(anchor, start(span)),
            Event::Scalar(text, style, anchor, tag) => {
                refuse_tag(tag.as_deref())?;
                self.scalar(&text, style, anchor, span)
            }
            Event::SequenceStart(_, anchor, tag) => {
                refuse_tag(tag.as_deref())?;
                self.open(anchor, span, Parts::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                refuse_tag(tag.as_deref())?;
                let parts = Parts::Map { map: Map::default(), lines: HashMap::new(), key: None };
                self.open(anchor, span, parts)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            // The enum may grow; what we do not know, we do not guess.
            _ => Err(Fault::Syntax { reason: "a construct that this reader does not know".to_owned() }),
        }
    }

    fn charge(&mut self, cost: Cost) -> Result<(), Fault> {
        self.spent.nodes += cost.nodes;
        self.spent.bytes += cost.bytes;
        if self.spent.nodes > NODES_MAX {
            return Err(Fault::TooManyNodes);
        }
        if self.spent.bytes > SCALAR_BYTES_MAX {
            return Err(Fault::TooMuchText);
        }
        Ok(())
    }

    /// Whether the innermost open collection is a map that waits for a key.
    fn at_key(&self) -> bool {
        matches!(self.open.last(), Some(Frame { parts: Parts::Map { key: None, .. }, .. }))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, span: &Span) -> Result<(), Fault> {
        self.charge(Cost { nodes: 1, bytes: text.len() })?;
        if self.at_key() {
            return self.key(text, style == ScalarStyle::Plain, start(span));
        }
        let value = match style {
            ScalarStyle::Plain => scalar::resolve(text),
            ScalarStyle::SingleQuoted
            | ScalarStyle::DoubleQuoted
            | ScalarStyle::Literal
            | ScalarStyle::Folded => Yaml::String(text.to_owned()),
        };
        let spanned = Spanned { value, place: start(span), text_place: self.text_place(text, style, span) };
        self.put(spanned, anchor)
    }

    fn key(&mut self, text: &str, plain: bool, at: Place) -> Result<(), Fault> {
        if plain && text == "<<" {
            return Err(Fault::MergeKey);
        }
        if let Some(Frame { parts: Parts::Map { lines, key, .. }, .. }) = self.open.last_mut() {
            if let Some(first_line) = lines.insert(text.to_owned(), at.line) {
                return Err(Fault::DuplicateKey { key: shortened(text), first_line });
            }
            *key = Some((text.to_owned(), at));
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, span: &Span, parts: Parts) -> Result<(), Fault> {
        if self.at_key() {
            return Err(Fault::ComplexKey);
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(Fault::TooDeep);
        }
        self.charge(Cost { nodes: 1, bytes: 0 })?;
        self.open.push(Frame { anchor, place: start(span), parts });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(frame) = self.open.pop() else { return Ok(()) };
        let value = match frame.parts {
            Parts::List(items) => Yaml::List(items),
            Parts::Map { map, .. } => Yaml::Map(map),
        };
        self.put(Spanned { value, place: frame.place, text_place: None }, frame.anchor)
    }

    fn alias(&mut self, anchor: usize, at: Place) -> Result<(), Fault> {
        if self.at_key() {
            return Err(Fault::ComplexKey);
        }
        self.aliases += 1;
        if self.aliases > ALIASES_MAX {
            return Err(Fault::TooManyAliases);
        }
        // An anchor is known only once its value is complete: an alias inside it finds nothing.
        let cost = self.anchors.get(&anchor).map(|(_, cost)| *cost).ok_or(Fault::CyclicAlias)?;
        self.charge(cost)?;
        let Some((value, _)) = self.anchors.get(&anchor) else { return Err(Fault::CyclicAlias) };
        if self.open.len() + depth(value) > DEPTH_MAX {
            return Err(Fault::TooDeep);
        }
        let copy = Spanned { place: at, text_place: None, value: value.value.clone() };
        self.put(copy, 0)
    }

    /// Where the text of a scalar stands, if every character of it is one character of the file.
    fn text_place(&self, text: &str, style: ScalarStyle, span: &Span) -> Option<Place> {
        let quotes = match style {
            ScalarStyle::Plain => 0,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
            ScalarStyle::Literal => return self.block_place(text, span),
            ScalarStyle::Folded => return None,
        };
        let written = span.end.index().saturating_sub(span.start.index());
        let as_spelled = span.start.line() == span.end.line() && written == text.chars().count() + 2 * quotes;
        as_spelled.then(|| place(span.start.line(), span.start.col() + quotes))
    }

    /// The same for a literal block, whose lines are all indented alike. Its span begins with
    /// the first line that is not blank.
    fn block_place(&self, text: &str, span: &Span) -> Option<Place> {
        let (blank, first) = text.lines().enumerate().find(|(_, line)| !line.trim().is_empty())?;
        let line = span.start.line();
        let indent = self.lines.get(line.checked_sub(1)?)?.strip_suffix(first)?;
        indent.bytes().all(|b| b == b' ').then(|| place(line.saturating_sub(blank), indent.len()))
    }

    /// A finished value goes where it belongs.
    fn put(&mut self, value: Spanned, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            let cost = cost(&value);
            self.charge(cost)?;
            self.anchors.insert(anchor, (value.clone(), cost));
        }
        match self.open.last_mut().map(|frame| &mut frame.parts) {
            None if value.value == Yaml::Null => {}
            None => self.documents.push(value),
            Some(Parts::List(items)) => items.push(value),
            Some(Parts::Map { map, key, .. }) => {
                if let Some((key, key_place)) = key.take() {
                    map.entries.push(Entry { key, key_place, value });
                }
            }
        }
        Ok(())
    }
}

fn refuse_tag(tag: Option<&Tag>) -> Result<(), Fault> {
    match tag {
        Some(tag) => Err(Fault::Tag { tag: shortened(&tag.to_string()) }),
        None => Ok(()),
    }
}

fn cost(value: &Spanned) -> Cost {
    let mut total = Cost { nodes: 1, bytes: 0 };
    let mut add = |cost: Cost| {
        total.nodes += cost.nodes;
        total.bytes += cost.bytes;
    };
    match &value.value {
        Yaml::Null | Yaml::Bool(_) => {}
        Yaml::Int(text) | Yaml::Float(text) | Yaml::String(text) => add(Cost { nodes: 0, bytes: text.len() }),
        Yaml::List(items) => items.iter().for_each(|item| add(cost(item))),
        Yaml::Map(map) => map.entries.iter().for_each(|entry| {
            add(Cost { nodes: 1, bytes: entry.key.len() });
            add(cost(&entry.value));
        }),
    }
    total
}

fn depth(value: &Spanned) -> usize {
    match &value.value {
        Yaml::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Yaml::Map(map) => 1 + map.entries.iter().map(|entry| depth(&entry.value)).max().unwrap_or(0),
        Yaml::Null | Yaml::Bool(_) | Yaml::Int(_) | Yaml::Float(_) | Yaml::String(_) => 0,
    }
}

/// Foreign text as a message may show it.
fn shortened(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 60;
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
