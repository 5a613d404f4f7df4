//! The door to the filter-pattern language: a scalar of a rule file to a parsed pattern, its complaints placed
//! in the file.

use crate::condition::Condition;
use crate::document::{Report, Spanned, WildcardMode};
use crate::field::Fields;
use crate::pattern::{self, Dialect, Pattern, Wildcard};
use crate::predicate::Predicate;

/// A pattern that parsed, and how its `*` is read.
#[derive(Debug)]
pub(super) struct FilterPattern {
    pattern: Pattern,
    dialect: Dialect,
}

/// The pattern in `scalar`; none when it has errors, which are reported.
pub(super) fn parse(scalar: &Spanned, mode: WildcardMode, report: &mut Report) -> Option<FilterPattern> {
    let Some(text) = scalar.value.as_str() else {
        let help = "put the pattern in single quotes".to_owned();
        let message = format!("`filter_pattern` must be a string, not {}", scalar.value.kind());
        report.error_help(scalar.place, message, Some(help));
        return None;
    };
    // A block of YAML ends its text with a line break that nobody wrote into the pattern.
    let text = text.trim_end_matches('\n');
    let place =
        |offset: usize| scalar.place_at(text.get(..offset).map_or(0, |before| before.chars().count()));
    match pattern::parse(text) {
        Ok(pattern::Parsed { pattern, warnings }) => {
            for warning in warnings {
                report.warn_help(place(warning.offset), warning.message, Some(warning.help.to_owned()));
            }
            let wildcard = match mode {
                WildcardMode::Glob => Wildcard::Glob,
                WildcardMode::Aws2019 => Wildcard::Aws2019,
            };
            let dialect = Dialect { wildcard, ..Dialect::default() };
            // Expressions are compiled here, so that what is too large is refused with its place.
            match pattern.lower_for_object(dialect, &mut Fields::new()) {
                Ok(_) => Some(FilterPattern { pattern, dialect }),
                Err(error) => {
                    report.error(place(error.offset), format!("filter pattern: {error}"));
                    None
                }
            }
        }
        Err(error) => {
            report.error(place(error.offset), format!("filter pattern: {error}"));
            None
        }
    }
}

impl FilterPattern {
    /// The condition, its fields interned; none only for what [`parse`] refuses.
    pub(super) fn lower(&self, fields: &mut Fields) -> Option<Condition<Predicate>> {
        self.pattern.lower_for_object(self.dialect, fields).ok()
    }
}
