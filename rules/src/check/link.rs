//! Rules against each other: ids are distinct, and correlations count rules that exist.

use std::collections::HashMap;

use super::draft::{Draft, DraftBody};
use crate::diagnostic::{Diagnostic, Origin};
use crate::document::Suggestions;
use crate::sigma::Reference;

/// What the references of each draft mean: positions among the drafts.
#[derive(Debug)]
pub(super) struct Links {
    /// By draft; empty for rules that are no correlations. What could not be resolved is left out.
    pub(super) rules: Vec<Vec<usize>>,
    /// By draft.
    pub(super) aliases: Vec<Vec<Alias>>,
}

/// An alias, and the field that stands for it in the hits of each rule.
#[derive(Debug, Clone)]
pub(super) struct Alias {
    pub(super) name: String,
    pub(super) by_rule: Vec<(usize, String)>,
}

/// Resolves every reference; drafts with errors become unsound.
pub(super) fn link(drafts: &mut [Draft], diagnostics: &mut Vec<Diagnostic>) -> Links {
    refuse_duplicates(drafts, diagnostics);
    let mut links = Links { rules: vec![Vec::new(); drafts.len()], aliases: vec![Vec::new(); drafts.len()] };
    let mut unsound = Vec::new();
    let index = Index::new(drafts);
    let mut suggestions = Suggestions::new();
    for (at, draft) in drafts.iter().enumerate() {
        let DraftBody::Correlation(correlation, _) = &draft.body else { continue };
        let mut resolver =
            Resolver { drafts, index: &index, at, errors: 0, suggestions: &mut suggestions, diagnostics };
        for rule in correlation.rules.iter().filter_map(|rule| resolver.rule(rule)) {
            // By id here and by title there: still one rule.
            if !links.rules[at].contains(&rule) {
                links.rules[at].push(rule);
            }
        }
        let aliases = correlation.tally.iter().flat_map(|tally| &tally.aliases);
        let counted = &links.rules[at];
        links.aliases[at] = aliases
            .map(|(name, fields)| Alias { name: name.clone(), by_rule: resolver.alias(fields, counted) })
            .collect();
        if resolver.errors > 0 {
            unsound.push(at);
        }
    }
    unsound.into_iter().for_each(|at| drafts[at].sound = false);
    links
}

/// Of several rules with one id a shipped one keeps it, else the first in the order of the files: what is added to
/// a shipped set must not take a rule out of it.
fn refuse_duplicates(drafts: &mut [Draft], diagnostics: &mut Vec<Diagnostic>) {
    let mut holders: HashMap<String, Origin> = HashMap::new();
    let (shipped, own): (Vec<_>, Vec<_>) =
        drafts.iter_mut().partition(|draft| draft.meta.origin.is_shipped());
    for draft in shipped.into_iter().chain(own).filter(|draft| !draft.meta.id.is_empty()) {
        let id = &draft.meta.id;
        let Some(holder) = holders.get(id) else {
            holders.insert(id.clone(), draft.meta.origin.clone());
            continue;
        };
        let error = if holder.is_shipped() {
            let message = format!("id `{id}` is that of the shipped rule {holder}");
            Diagnostic::error(&draft.meta.origin, message).help("give yours another")
        } else {
            let message = format!("duplicate rule id `{id}`, first at {holder}");
            Diagnostic::error(&draft.meta.origin, message).help("give this rule an id of its own")
        };
        diagnostics.push(error);
        draft.sound = false;
    }
}

/// Drafts by what a correlation may call them.
struct Index<'d> {
    ids: HashMap<&'d str, Vec<usize>>,
    names: HashMap<&'d str, Vec<usize>>,
    titles: HashMap<&'d str, Vec<usize>>,
}

impl<'d> Index<'d> {
    fn new(drafts: &'d [Draft]) -> Self {
        let mut index = Self { ids: HashMap::new(), names: HashMap::new(), titles: HashMap::new() };
        for (at, draft) in drafts.iter().enumerate() {
            index.ids.entry(&draft.meta.id).or_default().push(at);
            index.titles.entry(&draft.meta.title).or_default().push(at);
            if let Some(name) = &draft.meta.name {
                index.names.entry(name).or_default().push(at);
            }
        }
        index
    }
}

/// Resolves the references of one correlation.
struct Resolver<'d, 'o> {
    drafts: &'d [Draft],
    index: &'d Index<'d>,
    at: usize,
    errors: usize,
    suggestions: &'o mut Suggestions,
    diagnostics: &'o mut Vec<Diagnostic>,
}

impl<'d> Resolver<'d, '_> {
    fn origin(&self, reference: &Reference) -> Origin {
        let file = self.drafts[self.at].meta.origin.file.clone();
        Origin { file, line: reference.place.line, column: reference.place.column }
    }

    fn error(&mut self, reference: &Reference, message: String, help: Option<String>) {
        self.errors += 1;
        self.diagnostics.push(Diagnostic { help, ..Diagnostic::error(&self.origin(reference), message) });
    }

    /// The event rule of that id, else name, else title.
    fn rule(&mut self, reference: &Reference) -> Option<usize> {
        let text = reference.text.as_str();
        let by_key = self.index.ids.get(text).or_else(|| self.index.names.get(text));
        let found = by_key.or_else(|| self.index.titles.get(text)).map_or(&[][..], Vec::as_slice);
        let sound = found.iter().find(|at| self.drafts[**at].sound);
        let Some(target) = sound.or(found.first()).copied() else {
            let calls = |draft: &'d Draft| {
                let meta = &draft.meta;
                [Some(&meta.id), meta.name.as_ref(), Some(&meta.title)].into_iter().flatten()
            };
            let known = self.drafts.iter().flat_map(calls).map(String::as_str);
            let help = self.suggestions.suggest(text, known);
            self.error(reference, format!("no rule has the id, name or title `{text}`"), help);
            return None;
        };
        if found.len() > 1 && !self.index.ids.contains_key(text) {
            self.error(reference, format!("several rules are called `{text}`: use an id"), None);
            return None;
        }
        if by_key.is_none() {
            let message = format!("`{text}` is a title: a correlation should name a rule by id or name");
            let help = format!("write `{}`", self.drafts[target].meta.id);
            self.diagnostics.push(Diagnostic::warning(&self.origin(reference), message).help(help));
        }
        match &self.drafts[target].body {
            DraftBody::Correlation(..) if target == self.at => {
                self.error(reference, "the correlation refers to itself".to_owned(), None);
            }
            DraftBody::Correlation(..) => {
                let message = format!("not supported yet: `{text}` is a correlation itself");
                self.error(reference, message, None);
            }
            _ if !self.drafts[target].sound => {
                self.error(reference, format!("`{text}` was refused, so nothing can be counted"), None);
            }
            DraftBody::Detection(_) | DraftBody::FilterPattern(_) | DraftBody::Unknown => {}
        }
        Some(target)
    }

    /// The fields of an alias by rule, each of which must be one that the correlation counts.
    fn alias(&mut self, fields: &[(Reference, String)], counted: &[usize]) -> Vec<(usize, String)> {
        let mut by_rule = Vec::new();
        for (reference, field) in fields {
            let text = reference.text.as_str();
            let called = |at: &&usize| {
                let meta = &self.drafts[**at].meta;
                meta.id == text || meta.name.as_deref() == Some(text) || meta.title == text
            };
            match counted.iter().find(called) {
                Some(rule) => by_rule.push((*rule, field.clone())),
                None => {
                    let message = format!("`{text}` is none of the rules that this correlation counts");
                    self.error(reference, message, None);
                }
            }
        }
        by_rule
    }
}
