//! Under which key the hits of each rule are kept: the digest of what decides them. Whoever edits a title, a level, a threshold
//! or a suppress time keeps the rows; whoever edits the detection begins with none.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::RuleId;

use crate::hit::hex;

/// The keys of a rule set.
#[derive(Debug, Clone, Default)]
pub struct RuleKeys {
    keys: Vec<String>,
    rules: HashMap<String, Vec<RuleId>>,
}

impl RuleKeys {
    /// Those of these rules. Rules that look for the same share one.
    pub fn new(ruleset: &Ruleset) -> Self {
        let key = |definition: &str| hex(&Sha256::digest(definition)[..16]);
        let keys: Vec<String> = ruleset.rules().iter().map(|rule| key(&rule.definition)).collect();
        let mut rules: HashMap<String, Vec<RuleId>> = HashMap::new();
        for (id, key) in (0..).map(RuleId).zip(&keys) {
            rules.entry(key.clone()).or_default().push(id);
        }
        Self { keys, rules }
    }

    /// Every rule's, in the order of the rules.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// That of a rule.
    pub fn of(&self, rule: RuleId) -> &str {
        &self.keys[rule.index()]
    }

    /// The rules of a key; none when no such rule runs.
    pub fn rules(&self, key: &str) -> &[RuleId] {
        self.rules.get(key).map_or(&[], Vec::as_slice)
    }
}
