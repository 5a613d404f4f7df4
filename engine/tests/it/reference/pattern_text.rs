//! The text of a filter pattern, read by recursive descent along the grammar of `spec/filter-pattern.md` §2.

use super::pattern::{Operand, Pattern, Step, Test};

/// Parses a JSON filter pattern; none if the text is none, or uses what the reference does not know.
pub(crate) fn parse(text: &str) -> Option<Pattern> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut reader = Reader { rest: inside };
    let pattern = reader.or()?;
    reader.skip_blanks();
    reader.rest.is_empty().then_some(pattern)
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// Takes `wanted` if it is next, after any blanks.
    fn takes(&mut self, wanted: &str) -> bool {
        self.skip_blanks();
        self.follows(wanted)
    }

    /// Takes `wanted` if it is next at once.
    fn follows(&mut self, wanted: &str) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes letters as long as they are among those wanted; none if there is not one.
    fn run(&mut self, is_wanted: impl Fn(char) -> bool) -> Option<&'t str> {
        let end = self.rest.find(|letter| !is_wanted(letter)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!taken.is_empty()).then_some(taken)
    }

    fn or(&mut self) -> Option<Pattern> {
        let mut parts = vec![self.and()?];
        while self.takes("||") {
            parts.push(self.and()?);
        }
        Some(Pattern::Or(parts))
    }

    fn and(&mut self) -> Option<Pattern> {
        let mut parts = vec![self.primary()?];
        while self.takes("&&") {
            parts.push(self.primary()?);
        }
        Some(Pattern::And(parts))
    }

    fn primary(&mut self) -> Option<Pattern> {
        if self.takes("(") {
            let pattern = self.or()?;
            return self.takes(")").then_some(pattern);
        }
        let steps = self.selector()?;
        Some(Pattern::Test(steps, self.test()?))
    }

    fn selector(&mut self) -> Option<Vec<Step>> {
        if !self.takes("$") {
            return None;
        }
        let mut steps = Vec::new();
        loop {
            steps.push(match () {
                () if self.follows(".['") || self.follows("['") => {
                    let (key, rest) = self.rest.split_once("']")?;
                    self.rest = rest;
                    Step::Member(key.to_owned())
                }
                () if self.follows(".*") => Step::AnyMember,
                () if self.follows(".") => {
                    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                    Step::Member(self.run(is_name)?.to_owned())
                }
                () if self.follows("[*]") => Step::AnyElement,
                () if self.follows("[") => {
                    let at = self.run(|c| c.is_ascii_digit())?.parse().ok()?;
                    if !self.follows("]") {
                        return None;
                    }
                    Step::Element(at)
                }
                () => break,
            });
        }
        let wildcards =
            steps.iter().filter(|step| matches!(step, Step::AnyMember | Step::AnyElement)).count();
        (!steps.is_empty() && wildcards <= 1).then_some(steps)
    }

    fn test(&mut self) -> Option<Test> {
        if self.takes("NOT") {
            return self.takes("EXISTS").then_some(Test::NotExists);
        }
        if self.takes("IS") {
            return match () {
                () if self.takes("NULL") => Some(Test::IsNull),
                () if self.takes("TRUE") => Some(Test::Is(true)),
                () if self.takes("FALSE") => Some(Test::Is(false)),
                () => None,
            };
        }
        if self.takes("!=") {
            return Some(Test::Equal(false, self.operand()?));
        }
        if self.takes("=") {
            return Some(Test::Equal(true, self.operand()?));
        }
        let operator = ["<=", ">=", "<", ">"].into_iter().find(|operator| self.takes(operator))?;
        match self.operand()? {
            Operand::Number(text) => Some(Test::Order(operator.to_owned(), text.parse().ok()?)),
            Operand::Text(_) => None,
        }
    }

    fn operand(&mut self) -> Option<Operand> {
        if self.takes("\"") {
            return self.quoted().map(Operand::Text);
        }
        let word = self.run(|c| c.is_ascii_alphanumeric() || "_.*-+".contains(c))?;
        Some(if is_number(word) { Operand::Number(word.to_owned()) } else { Operand::Text(word.to_owned()) })
    }

    /// The rest of a quoted text.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut letters = self.rest.chars();
        loop {
            match letters.next()? {
                '"' => break,
                '\\' => text.push(letters.next()?),
                letter => text.push(letter),
            }
        }
        self.rest = letters.as_str();
        Some(text)
    }
}

/// A sign, digits with a point or without, an exponent (§2, `number`).
fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
    let begins = digits.starts_with(|c: char| c.is_ascii_digit());
    begins && digits.chars().all(|c| c.is_ascii_digit() || "eE.+-".contains(c)) && word.parse::<f64>().is_ok()
}
