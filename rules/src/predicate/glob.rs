//! `*` in a filter pattern: any run of characters. Two readings, one switch (`spec/filter-pattern.md` §4.5).

/// How `*` matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Wildcard {
    /// As documented: an ordinary wildcard.
    #[default]
    Glob,
    /// As the service was seen to do it in 2019: each literal part is found leftmost, and nothing is revisited.
    Aws2019,
}

/// A text with `*`s, cut at them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Glob {
    parts: Vec<String>,
    wildcard: Wildcard,
}

impl Glob {
    /// Cuts `pattern` at its stars.
    pub fn new(pattern: &str, wildcard: Wildcard) -> Self {
        Self { parts: pattern.split('*').map(str::to_owned).collect(), wildcard }
    }

    /// The whole text, when it has no star.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [literal] => Some(literal),
            _ => None,
        }
    }

    /// The longest text that every match holds; empty when there is none.
    pub(crate) fn longest_part(&self) -> &str {
        self.parts.iter().max_by_key(|part| part.len()).map_or("", String::as_str)
    }

    /// Whether all of `text` matches. Linear in the text for each part.
    pub fn matches(&self, text: &str) -> bool {
        let [first, inner @ .., last] = self.parts.as_slice() else {
            return self.literal() == Some(text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in inner {
            // Leftmost is always right for an inner part: it leaves the most to those that follow.
            match memchr::memmem::find(rest.as_bytes(), part.as_bytes()) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        match self.wildcard {
            Wildcard::Glob => rest.ends_with(last.as_str()),
            Wildcard::Aws2019 if last.is_empty() => true,
            Wildcard::Aws2019 => {
                memchr::memmem::find(rest.as_bytes(), last.as_bytes()) == rest.len().checked_sub(last.len())
            }
        }
    }
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.parts.join("*"))
    }
}
