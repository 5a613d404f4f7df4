//! Which rules run, their numbers, and the fields that they read.

use std::collections::HashMap;

use super::draft::{Draft, DraftBody};
use super::link::Links;
use crate::diagnostic::Diagnostic;
use crate::field::{FieldId, Fields, Selector};
use crate::rule::{Count, GroupBy, GroupField, Metadata, Rule, RuleId, Trigger, Window};
use crate::sigma::{Leaf, Tally};

/// What becomes of a draft.
#[derive(Debug, Clone, Copy, Default)]
struct Fate {
    selected: bool,
    /// A selected correlation refers to it.
    referenced: bool,
    /// One of those says `generate: true`.
    generated: bool,
    /// A correlation that runs counts it.
    counted: bool,
}

impl Fate {
    /// Rules that feed a correlation alert by themselves only if it says so (`spec/sigma.md` §7.7).
    fn alerts(self) -> bool {
        if self.referenced { self.generated } else { self.selected }
    }
}

/// The rules that run, in the order of the drafts.
pub(super) fn finish(
    drafts: &[Draft],
    links: &Links,
    selects: &dyn Fn(&Metadata) -> bool,
    fields: &mut Fields,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Rule> {
    let fates = fates(drafts, links, selects);
    let mut runs: Vec<usize> = Vec::new();
    for (at, (draft, fate)) in drafts.iter().zip(&fates).enumerate().filter(|(_, (draft, _))| draft.sound) {
        if fate.alerts() || fate.counted {
            runs.push(at);
        } else if fate.selected {
            let message = "does not run: it only feeds correlations, and none of them runs";
            diagnostics.push(Diagnostic::skipped(&draft.meta.origin, message));
        }
    }
    let ids: HashMap<usize, RuleId> = runs.iter().zip(0..).map(|(at, id)| (*at, RuleId(id))).collect();
    let mut builder = Builder { drafts, links, ids: &ids, fields };
    runs.iter().filter_map(|at| builder.rule(*at, &drafts[*at], fates[*at].alerts())).collect()
}

fn fates(drafts: &[Draft], links: &Links, selects: &dyn Fn(&Metadata) -> bool) -> Vec<Fate> {
    let select = |draft: &Draft| Fate { selected: selects(&draft.meta), ..Fate::default() };
    let mut fates: Vec<Fate> = drafts.iter().map(select).collect();
    let generates = |draft: &Draft| matches!(draft.body, DraftBody::Correlation(_, true));
    let selected: Vec<usize> = (0..drafts.len()).filter(|at| fates[*at].selected).collect();
    for (at, rule) in selected.iter().flat_map(|at| links.rules[*at].iter().map(move |rule| (at, rule))) {
        fates[*rule].referenced = true;
        fates[*rule].generated |= generates(&drafts[*at]);
    }
    // Only now is it known which correlations run: not those that merely feed one that is refused.
    for at in selected.iter().filter(|at| drafts[**at].sound) {
        let runs = fates[*at].alerts();
        links.rules[*at].iter().for_each(|rule| fates[*rule].counted |= runs);
    }
    fates
}

/// Makes rules of drafts.
struct Builder<'l> {
    drafts: &'l [Draft],
    links: &'l Links,
    ids: &'l HashMap<usize, RuleId>,
    fields: &'l mut Fields,
}

impl Builder<'_> {
    fn rule(&mut self, at: usize, draft: &Draft, alerts: bool) -> Option<Rule> {
        let (trigger, window) = match &draft.body {
            DraftBody::Detection(condition) => {
                let condition = condition.clone().map(&mut |leaf: Leaf| leaf.intern(self.fields));
                (Trigger::Event(condition), self.single(draft))
            }
            DraftBody::FilterPattern(pattern) => {
                (Trigger::Event(pattern.lower(self.fields)?), self.single(draft))
            }
            DraftBody::Correlation(correlation, _) => {
                let ids = self.links.rules[at].iter().filter_map(|rule| self.ids.get(rule).copied());
                (Trigger::Rules(ids.collect()), self.counting(at, draft, correlation.tally.as_ref()?))
            }
            DraftBody::Unknown => return None,
        };
        Some(Rule { meta: draft.meta.clone(), trigger, window, definition: self.definition(at), alerts })
    }

    /// A correlation's is that of the rules that it counts, too.
    fn definition(&self, at: usize) -> String {
        let mut counted: Vec<&str> =
            self.links.rules[at].iter().map(|rule| self.drafts[*rule].definition.as_str()).collect();
        counted.sort_unstable();
        [&[self.drafts[at].definition.as_str()][..], &counted].concat().join("\n")
    }

    /// A single event: T = 1, W = 0.
    fn single(&mut self, draft: &Draft) -> Window {
        let group_by = match &draft.group_by {
            Some(names) => GroupBy::Fields(names.iter().map(|name| self.plain(name)).collect()),
            None => GroupBy::Default,
        };
        Window { count: Count::Events, threshold: 1, within_s: 0, suppress_s: draft.suppress_s, group_by }
    }

    fn counting(&mut self, at: usize, draft: &Draft, tally: &Tally) -> Window {
        let mut fields =
            |names: &[String]| names.iter().map(|name| self.aliased(at, name)).collect::<Vec<GroupField>>();
        let group_by = GroupBy::Fields(fields(&tally.group_by));
        let count = match &tally.values_of {
            Some(names) => Count::Values(fields(names)),
            None => Count::Events,
        };
        Window {
            count,
            threshold: tally.threshold,
            within_s: tally.within_s,
            suppress_s: draft.suppress_s,
            group_by,
        }
    }

    fn plain(&mut self, name: &str) -> GroupField {
        GroupField { name: name.to_owned(), field: self.intern(name), by_rule: Vec::new() }
    }

    /// A field, or an alias; a rule that the alias does not name has the alias itself as a field.
    fn aliased(&mut self, at: usize, name: &str) -> GroupField {
        let mut field = self.plain(name);
        let links = self.links;
        let aliases = links.aliases[at].iter().filter(|alias| alias.name == name);
        for (rule, path) in aliases.flat_map(|alias| &alias.by_rule) {
            if let Some(id) = self.ids.get(rule) {
                let path = self.intern(path);
                field.by_rule.push((*id, path));
            }
        }
        field
    }

    fn intern(&mut self, path: &str) -> FieldId {
        self.fields.intern(Selector::Sigma(path.to_owned()))
    }
}
