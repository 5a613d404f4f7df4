//! Names in a condition to what they stand for.

use std::collections::HashMap;

use crate::condition::Condition;
use crate::document::{Place, Report, Spanned};
use crate::predicate::sigma::glob::{Glob, Piece};
use crate::sigma::expression::{Expression, Names};
use crate::sigma::leaf::Leaf;

/// A search identifier.
pub(super) struct Identifier<'y> {
    pub(super) name: &'y str,
    pub(super) place: Place,
    /// None when it has errors of its own; to name it is no further error.
    condition: Option<Condition<Leaf>>,
    n_leaves: usize,
}

impl<'y> Identifier<'y> {
    pub(super) fn new(name: &'y str, place: Place, condition: Option<Condition<Leaf>>) -> Self {
        let mut n_leaves = 0;
        condition.iter().for_each(|condition| condition.for_each(&mut |_| n_leaves += 1));
        Self { name, place, condition, n_leaves }
    }
}

/// The identifiers of one detection while its conditions are resolved.
pub(super) struct Selection<'i> {
    identifiers: &'i [Identifier<'i>],
    by_name: HashMap<&'i str, usize>,
    used: Vec<bool>,
    /// None once an identifier did not fit.
    leaves_left: Option<usize>,
}

impl<'i> Selection<'i> {
    pub(super) fn new(identifiers: &'i [Identifier<'i>], leaves_max: usize) -> Self {
        let by_name = identifiers.iter().zip(0..).map(|(identifier, at)| (identifier.name, at)).collect();
        Self { identifiers, by_name, used: vec![false; identifiers.len()], leaves_left: Some(leaves_max) }
    }

    /// Identifiers that no condition named.
    pub(super) fn unused(&self) -> impl Iterator<Item = &'i Identifier<'i>> {
        self.identifiers.iter().zip(&self.used).filter(|(_, used)| !**used).map(|(one, _)| one)
    }

    /// The condition over leaves; `text` is where the expression stands. None when an error was reported, or
    /// an identifier has one.
    pub(super) fn resolve(
        &mut self,
        expression: &Expression,
        text: &Spanned,
        report: &mut Report,
    ) -> Option<Condition<Leaf>> {
        match expression {
            Expression::Or(parts) => Some(Condition::Any(self.resolve_all(parts, text, report)?)),
            Expression::And(parts) => Some(Condition::All(self.resolve_all(parts, text, report)?)),
            Expression::Not(part) => Some(Condition::Not(Box::new(self.resolve(part, text, report)?))),
            Expression::Name { name, offset } => self.name(name, text.place_at(*offset), report),
            Expression::Of { all, names, offset } => {
                let parts = self.matching(names, text.place_at(*offset), report)?;
                Some(if *all { Condition::all_of(parts) } else { Condition::any_of(parts) })
            }
        }
    }

    /// Every part, so that every error is found.
    fn resolve_all(
        &mut self,
        parts: &[Expression],
        text: &Spanned,
        report: &mut Report,
    ) -> Option<Vec<Condition<Leaf>>> {
        let resolved: Vec<_> = parts.iter().map(|part| self.resolve(part, text, report)).collect();
        resolved.into_iter().collect()
    }

    fn name(&mut self, name: &str, place: Place, report: &mut Report) -> Option<Condition<Leaf>> {
        match self.by_name.get(name) {
            Some(at) => self.take(*at, place, report),
            None => {
                let help = report.suggest(name, self.identifiers.iter().map(|identifier| identifier.name));
                report.error_help(place, format!("the detection has no `{name}`"), help);
                None
            }
        }
    }

    fn matching(&mut self, names: &Names, place: Place, report: &mut Report) -> Option<Vec<Condition<Leaf>>> {
        let identifiers = self.identifiers;
        let matching: Vec<usize> =
            (0..identifiers.len()).filter(|at| selects(names, identifiers[*at].name)).collect();
        if matching.is_empty() {
            let what = match names {
                Names::Them => "`them` means nothing here: every identifier begins with `_`".to_owned(),
                Names::Like(pattern) => format!("no identifier matches `{pattern}`"),
            };
            report.error(place, what);
            return None;
        }
        let taken: Vec<_> = matching.into_iter().map(|at| self.take(at, place, report)).collect();
        taken.into_iter().collect()
    }

    /// A copy of what an identifier stands for, within the budget.
    fn take(&mut self, at: usize, place: Place, report: &mut Report) -> Option<Condition<Leaf>> {
        let identifier = &self.identifiers[at];
        self.used[at] = true;
        let left = self.leaves_left?;
        self.leaves_left = left.checked_sub(identifier.n_leaves);
        if self.leaves_left.is_none() {
            report.error(place, format!("the condition comes to more than {} tests", super::LEAVES_MAX));
            return None;
        }
        identifier.condition.clone()
    }
}

/// Identifiers that begin with `_` are private: only a pattern that begins so selects them.
fn selects(names: &Names, name: &str) -> bool {
    let private = name.starts_with('_');
    match names {
        Names::Them => !private,
        Names::Like(pattern) => {
            let pieces: Vec<Piece> =
                pattern.chars().map(|c| if c == '*' { Piece::Run } else { Piece::Char(c) }).collect();
            (!private || pattern.starts_with('_')) && Glob::new(&pieces, true).matches(name)
        }
    }
}
