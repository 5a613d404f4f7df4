//! Strings with wildcards (`spec/sigma.md` §2.3, §2.4): `*` is any run of characters, line feeds included, `?`
//! is one character. Exact text, prefixes, suffixes and infixes are the small cases of the one matcher here.
//!
//! A pattern is cut at its stars. The first segment must stand at the beginning, the last at the end, those
//! between are found leftmost one after the other, which is never wrong: a star swallows what lies before.
//! Invariant: time is linear in the text, times [`ONES_SEGMENT_CHARS_MAX`] at most where a floating segment
//! holds `?`; nothing is allocated.

use crate::case::fold_char;

/// Characters of one floating segment that holds `?`: it is compared at every position of the text.
pub(crate) const ONES_SEGMENT_CHARS_MAX: usize = 256;

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    /// This character.
    Char(char),
    /// `?`.
    One,
    /// `*`.
    Run,
}

/// The pieces of a value as Sigma escapes it: `\` before `*`, `?` or `\` makes that character literal; before
/// anything else it is itself, and what follows stands for itself too.
pub(crate) fn pieces(value: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' => Piece::Run,
            '?' => Piece::One,
            '\\' => Piece::Char(chars.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\')),
            c => Piece::Char(c),
        });
    }
    pieces
}

/// Every character as itself.
pub(crate) fn literal(text: &str) -> Vec<Piece> {
    text.chars().map(Piece::Char).collect()
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Glob {
    /// The text itself, if there is neither `*` nor `?`.
    exact: Option<String>,
    cased: bool,
    first: Segment,
    /// What follows the first star: the floating segments and the one at the end.
    rest: Option<(Vec<Segment>, Segment)>,
}

impl Glob {
    /// Compiles pieces.
    pub(crate) fn new(pieces: &[Piece], cased: bool) -> Self {
        let mut segments = pieces.split(|piece| *piece == Piece::Run).map(|part| Segment::new(part, cased));
        let first = segments.next().unwrap_or_default();
        let mut floating: Vec<Segment> = segments.collect();
        let rest = floating.pop().map(|last| {
            floating.retain(|segment| !segment.atoms.is_empty());
            (floating, last)
        });
        let char = |piece: &Piece| match piece {
            Piece::Char(c) => Some(*c),
            Piece::One | Piece::Run => None,
        };
        Self { exact: pieces.iter().map(char).collect(), cased, first, rest }
    }

    /// The one text that matches, up to case; none if there are several.
    pub(crate) fn exact(&self) -> Option<&str> {
        self.exact.as_deref()
    }

    /// The longest run of known characters, which every match holds up to case; none when there is no such.
    pub(crate) fn longest_segment(&self) -> Option<String> {
        let rest = self.rest.iter().flat_map(|(floating, last)| floating.iter().chain([last]));
        let runs =
            [&self.first].into_iter().chain(rest).flat_map(|segment| segment.atoms.split(Option::is_none));
        let longest = runs.max_by_key(|run| run.len())?;
        (!longest.is_empty()).then(|| longest.iter().flatten().collect())
    }

    /// Whether every floating segment keeps the bound that the module promises.
    pub(crate) fn is_bounded(&self) -> bool {
        let floating = self.rest.iter().flat_map(|(floating, _)| floating);
        floating
            .into_iter()
            .all(|segment| segment.failure.is_some() || segment.atoms.len() <= ONES_SEGMENT_CHARS_MAX)
    }

    /// Whether it matches the whole of `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some(mut text) = self.first.strip_prefix(text, self.cased) else { return false };
        let Some((floating, last)) = &self.rest else { return text.is_empty() };
        match last.strip_suffix(text, self.cased) {
            Some(before) => text = before,
            None => return false,
        }
        for segment in floating {
            match segment.strip_through(text, self.cased) {
                Some(after) => text = after,
                None => return false,
            }
        }
        true
    }
}

/// What stands between two stars.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Segment {
    /// Folded characters; `None` is `?`.
    atoms: Vec<Option<char>>,
    /// Knuth, Morris and Pratt's table: for each length, that of the longest border. None if there is a `?`,
    /// as borders need equality.
    failure: Option<Vec<usize>>,
}

impl Segment {
    fn new(pieces: &[Piece], cased: bool) -> Self {
        let atom = |piece: &Piece| match piece {
            Piece::Char(c) if cased => Some(*c),
            Piece::Char(c) => Some(fold_char(*c)),
            Piece::One | Piece::Run => None,
        };
        let atoms: Vec<Option<char>> = pieces.iter().map(atom).collect();
        let failure = atoms.iter().all(Option::is_some).then(|| borders(&atoms));
        Self { atoms, failure }
    }

    fn strip_prefix<'t>(&self, text: &'t str, cased: bool) -> Option<&'t str> {
        let mut chars = text.chars();
        let fits = self.atoms.iter().all(|atom| chars.next().is_some_and(|c| fits(*atom, c, cased)));
        fits.then_some(chars.as_str())
    }

    fn strip_suffix<'t>(&self, text: &'t str, cased: bool) -> Option<&'t str> {
        let mut chars = text.chars();
        let fits =
            self.atoms.iter().rev().all(|atom| chars.next_back().is_some_and(|c| fits(*atom, c, cased)));
        fits.then_some(chars.as_str())
    }

    /// What follows the leftmost occurrence.
    fn strip_through<'t>(&self, text: &'t str, cased: bool) -> Option<&'t str> {
        let Some(failure) = &self.failure else {
            return text.char_indices().find_map(|(at, _)| self.strip_prefix(&text[at..], cased));
        };
        let mut chars = text.chars();
        let mut matched = 0;
        while matched < self.atoms.len() {
            let c = chars.next()?;
            while matched > 0 && !fits(self.atoms[matched], c, cased) {
                matched = failure[matched - 1];
            }
            matched += usize::from(fits(self.atoms[matched], c, cased));
        }
        Some(chars.as_str())
    }
}

fn fits(atom: Option<char>, c: char, cased: bool) -> bool {
    atom.is_none_or(|wanted| wanted == c || !cased && wanted == fold_char(c))
}

fn borders(atoms: &[Option<char>]) -> Vec<usize> {
    let mut failure = vec![0; atoms.len()];
    let mut length = 0;
    for at in 1..atoms.len() {
        while length > 0 && atoms[at] != atoms[length] {
            length = failure[length - 1];
        }
        length += usize::from(atoms[at] == atoms[length]);
        failure[at] = length;
    }
    failure
}
