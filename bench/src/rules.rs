//! Rule sets of any size: filter patterns of the CIS benchmark, and generated Sigma rules.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::ensure;
use tripline_rules::check::{self, SourceFile};
use tripline_rules::packs::{self, Selection};
use tripline_rules::plan::Ruleset;

use crate::generated::Generated;

/// Of a set that has room for them, so many are filter patterns.
const PATTERNS_MAX: usize = 16;

const WINDOWED: &str = "
title: Many
id: many
correlation: {type: event_count, rules: [failed], group-by: [sourceIPAddress], timespan: 5m, condition: {gte: 10}}
---
title: Failed
id: failed
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: Failed}, condition: a}
";

/// So many event rules, a fifth of them filter patterns, sixteen at most.
pub(crate) fn of(count: usize) -> anyhow::Result<Ruleset> {
    let ruleset = of_without(count, &BTreeSet::new())?;
    let found = ruleset.summary().event_rules;
    ensure!(found == count, "{found} rules of {count}");
    Ok(ruleset)
}

/// The same without those of these ids.
pub(crate) fn of_without(count: usize, left_out: &BTreeSet<String>) -> anyhow::Result<Ruleset> {
    let selection: Selection = "cis-all@3.0.0".parse()?;
    let is_pattern = |meta: &tripline_rules::rule::Metadata| {
        let is_variant = meta.tags.iter().any(|tag| tag == "cis.variant");
        selection.selects(meta) && meta.filter_pattern.is_some() && !is_variant
    };
    let patterns = check::load(&packs::files(), &is_pattern).rules;
    let ids: Vec<String> =
        patterns.iter().take(PATTERNS_MAX.min(count / 5)).map(|rule| rule.meta.id.clone()).collect();
    let mut files = packs::files();
    files.extend(sigma(&Generated::of(count - ids.len())));
    let is_of_set = |id: &str| ids.iter().any(|own| own == id) || id.starts_with("bench-");
    Ok(compile(&files, &|id| is_of_set(id) && !left_out.contains(id)))
}

/// Generated rules, and nothing else.
pub(crate) fn generated(generated: &Generated) -> anyhow::Result<Ruleset> {
    let ruleset = compile(&sigma(generated), &|_| true);
    ensure!(ruleset.rules().len() == generated.rules.len(), "a generated rule is refused");
    Ok(ruleset)
}

/// One rule, and one that counts its hits by address: for who measures windows.
pub(crate) fn windowed() -> Ruleset {
    compile(&[SourceFile { name: "windowed.yml".into(), text: WINDOWED.to_owned() }], &|_| true)
}

fn sigma(generated: &Generated) -> Vec<SourceFile> {
    let file = |(n, rule): (usize, &crate::generated::Rule)| SourceFile {
        name: format!("generated-{n}.yml").into(),
        text: rule.sigma(),
    };
    generated.rules.iter().enumerate().map(file).collect()
}

/// Every rule in a folder, and in those within it.
pub(crate) fn folder(folder: &Path) -> anyhow::Result<Ruleset> {
    let mut files = Vec::new();
    read(folder, &mut files)?;
    Ok(compile(&files, &|_| true))
}

fn read(folder: &Path, files: &mut Vec<SourceFile>) -> anyhow::Result<()> {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
            let name = path.to_string_lossy().into_owned();
            files.push(SourceFile { name: name.into(), text: std::fs::read_to_string(&path)? });
        }
    }
    Ok(())
}

fn compile(files: &[SourceFile], selects: &dyn Fn(&str) -> bool) -> Ruleset {
    let loaded = check::load(files, &|meta| selects(&meta.id));
    Ruleset::new(loaded.rules, loaded.fields)
}
