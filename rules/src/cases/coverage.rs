//! Which rule a case is about, and which rules have no cases.

use super::{Case, Cases};
use crate::diagnostic::{Diagnostic, nearest};
use crate::rule::{Rule, RuleId};

impl Cases {
    /// The rule that a case of this file is about: the one it names by id or name, else the only alerting rule
    /// of the rule file beside.
    ///
    /// # Errors
    /// There is no such rule among `rules`, or the file beside has several that alert.
    pub fn rule_of(&self, case: &Case, rules: &[Rule]) -> Result<RuleId, Diagnostic> {
        let numbered = || (0..).map(RuleId).zip(rules);
        if let Some(id) = &case.rule {
            let called = |rule: &Rule| rule.meta.id == *id || rule.meta.name.as_ref() == Some(id);
            return numbered().find(|(_, rule)| called(rule)).map(|(id, _)| id).ok_or_else(|| {
                let known = nearest(id, rules.iter().map(|rule| rule.meta.id.as_str()));
                let help = known.map(|known| format!("did you mean `{known}`?"));
                Diagnostic { help, ..Diagnostic::error(&case.origin, format!("no rule `{id}` is loaded")) }
            });
        }
        let beside = |rule: &Rule| rule.alerts && self.is_beside(&rule.meta.origin.file);
        let mut found = numbered().filter(|(_, rule)| beside(rule)).map(|(id, _)| id);
        match (found.next(), found.next()) {
            (Some(id), None) => Ok(id),
            (None, _) => Err(Diagnostic::error(&case.origin, "no rule file stands beside these cases")
                .help("name the rule: `rule: ID`, or load the rule file as well")),
            (Some(_), Some(_)) => {
                Err(Diagnostic::error(&case.origin, "several rules of the file beside alert")
                    .help("name the one that is meant: `rule: ID`"))
            }
        }
    }

    fn is_beside(&self, rule_file: &str) -> bool {
        let stem = |name: &str| {
            name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")).unwrap_or(name).to_owned()
        };
        stem(&self.file).strip_suffix(".cases") == Some(stem(rule_file).as_str())
    }
}

/// The alerting rules that lack a hit or a near-miss, and the cases that are about no rule.
pub fn uncovered(rules: &[Rule], cases: &[Cases]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    // By rule: has a hit, has a near-miss.
    let mut covered = vec![[false; 2]; rules.len()];
    for file in cases {
        for case in &file.cases {
            match file.rule_of(case, rules) {
                Ok(id) => covered[id.index()][usize::from(!case.hit)] = true,
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
    }
    for (rule, covered) in rules.iter().zip(covered).filter(|(rule, _)| rule.alerts) {
        let missing = match covered {
            [true, true] => continue,
            [false, false] => "neither a hit nor a near-miss",
            [false, true] => "no hit",
            [true, false] => "no near-miss",
        };
        let message = format!("rule `{}` has {missing} among its cases", rule.meta.id);
        let help = "write both into NAME.cases.yml beside the rule";
        diagnostics.push(Diagnostic::error(&rule.meta.origin, message).help(help));
    }
    diagnostics
}
