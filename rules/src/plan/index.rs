//! From an event's anchor fields to the rules worth evaluating.

use std::borrow::Cow;
use std::collections::HashMap;

use super::anchor::Anchor;
use crate::case::fold;
use crate::field::{FieldId, Slots, Value};
use crate::rule::RuleId;

/// Rules by the (field, value) pairs that they are anchored on.
#[derive(Debug)]
pub(crate) struct Index {
    tables: Vec<(FieldId, HashMap<String, Vec<RuleId>>)>,
    always: Vec<RuleId>,
}

impl Index {
    pub(super) fn new(anchors: Vec<(RuleId, Option<Anchor>)>) -> Self {
        let mut index = Self { tables: Vec::new(), always: Vec::new() };
        for (rule, anchor) in anchors {
            match anchor {
                None => index.always.push(rule),
                Some(pairs) => pairs.iter().for_each(|(field, value)| index.insert(*field, value, rule)),
            }
        }
        index
    }

    fn insert(&mut self, field: FieldId, value: &str, rule: RuleId) {
        let table = match self.tables.iter().position(|(known, _)| *known == field) {
            Some(at) => at,
            None => {
                self.tables.push((field, HashMap::new()));
                self.tables.len() - 1
            }
        };
        let rules = self.tables[table].1.entry(fold(value).into_owned()).or_default();
        if rules.last() != Some(&rule) {
            rules.push(rule);
        }
    }

    /// Hands every rule that might match to `candidate`; a rule may come more than once.
    pub(crate) fn candidates(&self, slots: &Slots<'_>, candidate: &mut impl FnMut(RuleId)) {
        self.always.iter().copied().for_each(&mut *candidate);
        for (field, table) in &self.tables {
            // Every node counts, nested ones too: the index may only over-approximate.
            for node in slots.get(*field) {
                if let Some(rules) = text(&node.value).and_then(|text| table.get(&*fold(text))) {
                    rules.iter().copied().for_each(&mut *candidate);
                }
            }
        }
    }

    pub(super) fn always(&self) -> &[RuleId] {
        &self.always
    }

    pub(super) fn anchor_count(&self) -> usize {
        self.tables.iter().map(|(_, table)| table.len()).sum()
    }
}

fn text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::String(Cow::Borrowed(text)) => Some(text),
        Value::String(Cow::Owned(text)) => Some(text),
        Value::Number(text) => Some(text),
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Object(text) => Some(text),
        Value::Null | Value::Array => None,
    }
}
