//! Rules are loaded again: when a rule file changes, on SIGHUP, and when the port is asked. The set that runs is exchanged whole,
//! or not at all: a file that gave a running rule and no longer compiles refuses the reload, a file that is gone is a removal.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc::{Receiver, Sender};
use tripline_rules::diagnostic::Severity;
use tripline_rules::packs;
use tripline_rules::plan::Ruleset;

use super::file_work::{FileWork, NoResult};
use crate::alert;
use crate::cli::ruleset::{LoadedRules, RuleArgs, rule_files};
use crate::cli::service;
use crate::config::RuleChoice;
use crate::pipeline::live::{Reloaded, Wish};
use crate::pipeline::service::{Exchange, ServiceError, Shared};

/// How soon a wish is heard.
const HEARD_AFTER: Duration = Duration::from_millis(200);

/// Longest time that reading the rule files may take: a network file system may never answer.
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Problems that are told of one reload.
const PROBLEMS_MAX: usize = 50;

/// What looks after the rule files.
pub(super) struct Reloader {
    pub(super) choice: RuleChoice,
    /// Between two looks at the files; none for never.
    pub(super) watch: Option<Duration>,
    pub(super) exchange: Exchange,
    pub(super) wishes: Receiver<Wish>,
    pub(super) shared: Shared,
    pub(super) log_group: Option<String>,
}

/// A rule file as far as one sees without reading it.
type Look = (PathBuf, u64, Option<SystemTime>);

impl Reloader {
    /// Works in the background until the service ends.
    pub(super) fn start(self) -> Result<JoinHandle<()>, ServiceError> {
        Ok(thread::Builder::new().name("reloader".to_owned()).spawn(move || self.run())?)
    }

    /// Never waits for a file itself: so the service can end whatever the file system does.
    fn run(mut self) {
        let mut work = FileWork::new(LOAD_TIMEOUT, Arc::clone(&self.shared.stop));
        // Without a first look, the files are loaded again at the first one.
        let mut loaded = self.look(&mut work).unwrap_or_default();
        let (mut seen, mut looked_at, mut hanging) = (loaded.clone(), Instant::now(), false);
        while !self.shared.stop.wait(HEARD_AFTER) {
            while let Ok(wish) = self.wishes.try_recv() {
                loaded = self.look(&mut work).unwrap_or_default();
                let reloaded = self.reload(&mut work);
                // Whoever asked may have gone.
                wish.map(|wish| wish.send(reloaded));
            }
            if self.watch.is_some_and(|watch| looked_at.elapsed() >= watch) {
                looked_at = Instant::now();
                let now = match self.look(&mut work) {
                    Ok(now) => now,
                    Err(NoResult::Ends) => return,
                    // Said once, though each look has it.
                    Err(problem) if hanging => {
                        tracing::debug!(%problem, "the rule files cannot be looked at");
                        continue;
                    }
                    Err(problem) => {
                        hanging = true;
                        self.refuse(&Reloaded::Refused { problems: vec![problem.to_string()] });
                        continue;
                    }
                };
                hanging = false;
                // Twice the same: whoever writes the files is done.
                if now != loaded && now == seen {
                    loaded.clone_from(&now);
                    self.reload(&mut work);
                }
                seen = now;
            }
        }
    }

    fn look(&self, work: &mut FileWork) -> Result<BTreeSet<Look>, NoResult> {
        let of = |path: PathBuf| {
            let metadata = path.metadata().ok();
            let (len, modified) = metadata.map_or((0, None), |found| (found.len(), found.modified().ok()));
            (path, len, modified)
        };
        let paths = self.choice.paths.clone();
        work.run(move || rule_files(&paths).into_iter().map(of).collect())
    }

    fn reload(&self, work: &mut FileWork) -> Reloaded {
        let reloaded = self.try_reload(work);
        match &reloaded {
            Reloaded::Taken { rules, refused, new, gone } => {
                self.shared.metrics.rules_reloads.with_label_values(&["taken"]).inc();
                self.shared.health.reloaded(None);
                tracing::info!(
                    rules,
                    refused,
                    new = new.len(),
                    gone = gone.len(),
                    "the rules were loaded again"
                );
            }
            Reloaded::Refused { .. } => self.refuse(&reloaded),
        }
        reloaded
    }

    /// Says why a reload is refused: in the log, in the figures, and to who asks whether the service is ready.
    fn refuse(&self, reloaded: &Reloaded) {
        let Reloaded::Refused { problems } = reloaded else { return };
        self.shared.metrics.rules_reloads.with_label_values(&["refused"]).inc();
        let problems = problems.join("; ");
        tracing::error!(problems, "the reload is refused: the rules that ran run on");
        self.shared.health.reloaded(Some(alert::clean(&problems)));
    }

    fn try_reload(&self, work: &mut FileWork) -> Reloaded {
        let chosen = RuleArgs::chosen(&self.choice);
        let loaded = match work.run(move || chosen.load_quietly()) {
            Ok(Ok(loaded)) => loaded,
            Err(problem) => return Reloaded::Refused { problems: vec![problem.to_string()] },
            Ok(Err(failure)) => return Reloaded::Refused { problems: vec![format!("{:#}", failure.error)] },
        };
        let running = self.exchange.current();
        let problems = self.problems(&running, &loaded);
        if !problems.is_empty() {
            return Reloaded::Refused { problems };
        }
        let ids = |rules: &Ruleset| -> BTreeSet<String> {
            rules.rules().iter().map(|rule| rule.meta.id.clone()).collect()
        };
        let gone = ids(&running).difference(&ids(&loaded.ruleset)).cloned().collect();
        let refused = loaded.errors();
        service::announce(&self.shared.metrics, &loaded.ruleset, refused);
        let Some(new) = self.exchange.adopt(&loaded.ruleset) else {
            return Reloaded::Refused { problems: vec!["the service ends".to_owned()] };
        };
        self.shared.health.rules_refused(refused);
        let errors = loaded.diagnostics.iter().filter(|one| one.severity == Severity::Error);
        for error in errors.take(PROBLEMS_MAX) {
            tracing::warn!(problem = error.to_string(), "a rule file is not loaded");
        }
        let new = new.into_iter().map(|rule| loaded.ruleset.rule(rule));
        let new: Vec<_> = new.inspect(|rule| super::tell_new_rule(rule, self.log_group.as_deref())).collect();
        Reloaded::Taken {
            rules: loaded.ruleset.rules().len(),
            refused,
            new: new.into_iter().map(|rule| rule.meta.id.clone()).collect(),
            gone,
        }
    }

    /// Why the rules that run must not be exchanged for these.
    fn problems(&self, running: &Ruleset, loaded: &LoadedRules) -> Vec<String> {
        let errors: Vec<_> =
            loaded.diagnostics.iter().filter(|one| one.severity == Severity::Error).collect();
        let runs: BTreeSet<&str> = loaded.ruleset.rules().iter().map(|rule| rule.meta.id.as_str()).collect();
        let lost: BTreeSet<&str> = running
            .rules()
            .iter()
            .filter(|rule| !runs.contains(rule.meta.id.as_str()))
            .map(|rule| &*rule.meta.origin.file)
            .filter(|file| !packs::is_shipped(file))
            .collect();
        // A folder that cannot be read has not become empty, and what is no regular file, or one without end, is no rule file by any
        // mistake of who wrote a rule.
        let is_path = |file: &str| self.choice.paths.iter().any(|path| path.as_path() == Path::new(file));
        let mut problems: Vec<String> = errors
            .iter()
            .filter(|error| {
                let file = &*error.origin.file;
                self.choice.strict || lost.contains(file) || is_path(file) || loaded.unfit.contains(file)
            })
            .map(ToString::to_string)
            .collect();
        if loaded.ruleset.rules().is_empty() {
            problems.push("no rule would run".to_owned());
        }
        problems.truncate(PROBLEMS_MAX);
        problems
    }
}

/// SIGHUP is a wish that nobody waits for.
pub(super) fn on_hangup(wishes: Sender<Wish>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::hangup()) {
            Ok(mut signal) => drop(tokio::spawn(async move {
                while signal.recv().await.is_some() && wishes.send(None).await.is_ok() {}
            })),
            Err(error) => tracing::error!(%error, "SIGHUP cannot be heard"),
        }
    }
    #[cfg(not(unix))]
    drop(wishes);
}
