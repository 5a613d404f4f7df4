//! Which alerts a sink is told of, by rule and by account. Exact ids, or the beginning of one and `*`.

/// Empty lists take everything; an exception wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only these rules, by id.
    pub rules: Vec<String>,
    /// Not these rules.
    pub rules_except: Vec<String>,
    /// Only these accounts.
    pub accounts: Vec<String>,
    /// Not these accounts.
    pub accounts_except: Vec<String>,
}

impl Filter {
    /// Whether an alert of this rule in this account passes.
    pub fn takes(&self, rule: &str, account: &str) -> bool {
        passes(&self.rules, &self.rules_except, rule)
            && passes(&self.accounts, &self.accounts_except, account)
    }
}

fn passes(only: &[String], except: &[String], id: &str) -> bool {
    let named = |patterns: &[String]| patterns.iter().any(|pattern| names(pattern, id));
    (only.is_empty() || named(only)) && !named(except)
}

fn names(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => id.starts_with(beginning),
        None => pattern == id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(filter: [&[&str]; 4], rule: &str, account: &str, takes: bool) {
        let [rules, rules_except, accounts, accounts_except] =
            filter.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
        let filter = Filter { rules, rules_except, accounts, accounts_except };
        assert_eq!(filter.takes(rule, account), takes, "{filter:?} {rule} {account}");
    }

    #[test]
    fn an_empty_filter_takes_all_and_an_exception_wins() {
        check([&[], &[], &[], &[]], "r", "1", true);
        check([&["r"], &[], &[], &[]], "r", "1", true);
        check([&["r"], &[], &[], &[]], "rr", "1", false);
        check([&["cis-*"], &[], &[], &[]], "cis-4.1", "1", true);
        check([&["cis-*"], &["cis-4.*"], &[], &[]], "cis-4.1", "1", false);
        check([&["*"], &[], &[], &[]], "any", "1", true);
        check([&[], &[], &["111122223333"], &[]], "r", "111122223333", true);
        check([&[], &[], &["111122223333"], &[]], "r", "444455556666", false);
        check([&[], &[], &[], &["111122223333"]], "r", "111122223333", false);
        check([&["r"], &[], &["2"], &[]], "r", "1", false);
    }
}
