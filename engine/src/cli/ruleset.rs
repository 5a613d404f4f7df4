//! `--rules` and `--pack`: from what the user named to a compiled rule set, refused rules told on stderr.

mod files;

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use tripline_rules::cases::Cases;
use tripline_rules::check::{self, SourceFile};
use tripline_rules::diagnostic::{Diagnostic, Severity, nearest};
use tripline_rules::packs::{self, Selection};
use tripline_rules::plan::Ruleset;
use tripline_rules::rule::{Metadata, RuleId};

use super::output::counted;
use super::{Failure, talk};
use crate::config::RuleChoice;
use files::RuleFiles;

/// The pack that runs when nothing is named.
const PACK_DEFAULT: &str = "baseline";

/// Skipped rules that are named; the rest is a number.
const SKIPPED_SHOWN_MAX: usize = 20;

/// Which rules to load.
#[derive(Debug, Default, Args)]
pub(super) struct RuleArgs {
    /// A rule file, or a folder of them (*.yml, *.yaml); may be given several times
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// A shipped pack (baseline, cis@5.0.0, cis-all@5.0.0, threats, …) or the id of one shipped rule; may be given
    /// several times [default: baseline, unless --rules is given]
    #[arg(long, value_name = "NAME[@VERSION]")]
    pack: Vec<String>,
    /// Stop when any rule is refused, instead of running the others
    #[arg(long)]
    strict: bool,
}

/// A compiled rule set, and what was said of it on the way.
pub(super) struct LoadedRules {
    pub(super) ruleset: Arc<Ruleset>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The cases that stand beside the rules.
    pub(super) cases: Vec<SourceFile>,
    /// Paths that are something else than a regular file, or larger than a rule file may be.
    pub(super) unfit: HashSet<Arc<str>>,
    /// How many rule files were read.
    pub(super) files: usize,
}

impl LoadedRules {
    /// The rule whose id, name or title is `word`.
    pub(super) fn find(&self, word: &str) -> Result<RuleId, Failure> {
        self.ruleset.find(word).ok_or_else(|| {
            let known = self.ruleset.rules().iter().map(|rule| rule.meta.id.as_str());
            let hint = nearest(word, known).map(|id| format!(" (did you mean `{id}`?)")).unwrap_or_default();
            Failure::usage(anyhow::anyhow!(
                "no rule `{word}` among those loaded{hint}; `tripline rules list` names them"
            ))
        })
    }

    /// Whether cases are about a rule that was loaded, or stand beside files that the user named.
    pub(super) fn is_wanted(&self, cases: &Cases) -> bool {
        let rules = self.ruleset.rules();
        !packs::is_shipped(&cases.file) || cases.cases.iter().any(|case| cases.rule_of(case, rules).is_ok())
    }

    /// Says of every rule that does not run why: errors each, of those that are merely skipped the first few.
    pub(super) fn tell_stopped(&self) {
        let stopped = self.diagnostics.iter().filter(|diagnostic| diagnostic.stops());
        let (errors, skipped): (Vec<_>, Vec<_>) = stopped.partition(|one| one.severity == Severity::Error);
        errors.iter().chain(skipped.iter().take(SKIPPED_SHOWN_MAX)).for_each(|one| talk(&one.to_string()));
        if let Some(more @ 1..) = skipped.len().checked_sub(SKIPPED_SHOWN_MAX) {
            talk(&format!("and {more} more do not run; `tripline rules check` says of each why"));
        }
    }

    /// Errors; each keeps a rule from running.
    pub(super) fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }
}

/// Every rule file at or below these paths, without a look inside.
pub(super) fn rule_files(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().flat_map(|path| files::below(path)).collect()
}

impl RuleArgs {
    /// The rules of a configuration.
    pub(super) fn chosen(choice: &RuleChoice) -> Self {
        Self { rules: choice.paths.clone(), pack: choice.packs.clone(), strict: choice.strict }
    }

    /// Loads the rules; what is refused goes to stderr, and under `--strict` stops the command.
    pub(super) fn load(&self) -> Result<LoadedRules, Failure> {
        let loaded = self.load_quietly()?;
        loaded.tell_stopped();
        let refused = loaded.errors();
        if refused > 0 && self.strict {
            return Err(Failure::usage(anyhow::anyhow!("{}, and --strict", counted(refused, "rule error"))));
        }
        if loaded.ruleset.rules().is_empty() {
            return Err(Failure::usage(anyhow::anyhow!("no rule to run in {}", self.named())));
        }
        Ok(loaded)
    }

    /// Loads the rules that were named; when none were, the shipped rule `word`, else the default pack.
    pub(super) fn load_with(&self, word: &str) -> Result<LoadedRules, Failure> {
        if !self.pack.is_empty() || !self.rules.is_empty() {
            return self.load();
        }
        let pack = if Selection::from_str(word).is_ok() { word } else { PACK_DEFAULT };
        Self { pack: vec![pack.to_owned()], rules: Vec::new(), strict: self.strict }.load()
    }

    /// Loads the rules and keeps what was said for the caller.
    pub(super) fn load_quietly(&self) -> Result<LoadedRules, Failure> {
        let mut found = RuleFiles::default();
        self.rules.iter().for_each(|path| found.add(path));
        let RuleFiles { rules: mut files, mut cases, diagnostics: unreadable, unfit, .. } = found;
        let selections = self.selections()?;
        if !selections.is_empty() {
            files.extend(packs::files());
            cases.extend(packs::cases());
        }
        // Of the shipped files only those that were asked for concern the user, whether they run or not.
        let asked = RefCell::new(HashSet::new());
        let selects = |meta: &Metadata| {
            let selected =
                !meta.origin.is_shipped() || selections.iter().any(|selection| selection.selects(meta));
            if selected {
                asked.borrow_mut().insert(Arc::clone(&meta.origin.file));
            }
            selected
        };
        let mut loaded = check::load(&files, &selects);
        let mut asked = asked.into_inner();
        asked.extend(loaded.rules.iter().map(|rule| Arc::clone(&rule.meta.origin.file)));
        loaded.diagnostics.extend(unreadable);
        loaded.diagnostics.sort_by(|a, b| a.origin.cmp(&b.origin));
        let concerns = |file: &Arc<str>| !packs::is_shipped(file) || asked.contains(file);
        loaded.diagnostics.retain(|diagnostic| concerns(&diagnostic.origin.file));
        Ok(LoadedRules {
            ruleset: Arc::new(Ruleset::new(loaded.rules, loaded.fields)),
            diagnostics: loaded.diagnostics,
            cases,
            unfit,
            files: files.iter().filter(|file| concerns(&file.name)).count(),
        })
    }

    fn selections(&self) -> Result<Vec<Selection>, Failure> {
        let default = [PACK_DEFAULT.to_owned()];
        let named = if self.pack.is_empty() && self.rules.is_empty() { &default[..] } else { &self.pack[..] };
        named.iter().map(|name| name.parse().map_err(Failure::usage)).collect()
    }

    fn named(&self) -> String {
        let rules = self.rules.iter().map(|path| format!("--rules {}", path.display()));
        let packs = self.pack.iter().map(|pack| format!("--pack {pack}"));
        rules.chain(packs).collect::<Vec<_>>().join(" ")
    }
}
