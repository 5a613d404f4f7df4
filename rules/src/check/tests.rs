//! Rule files as a whole: what runs, and every complaint with its place.

use super::*;

/// `---`-separated files, `name: text`.
fn files(texts: &[(&str, &str)]) -> Vec<SourceFile> {
    texts.iter().map(|(name, text)| SourceFile { name: (*name).into(), text: (*text).to_owned() }).collect()
}

fn load_all(texts: &[(&str, &str)]) -> Loaded {
    load(&files(texts), &|_| true)
}

/// Asserts the diagnostics of one file, each as `LINE:COLUMN SEVERITY needle`.
#[track_caller]
fn check(text: &str, wanted: &[(&str, &str)]) {
    let loaded = load_all(&[("a.yml", text)]);
    let shown: Vec<String> = loaded.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), wanted.len(), "{shown:#?}");
    for (shown, (place, needle)) in shown.iter().zip(wanted) {
        assert!(shown.starts_with(&format!("a.yml:{place}:")), "{shown}, wanted {place}");
        assert!(shown.contains(needle), "{shown}, wanted {needle}");
    }
    let refused = shown.iter().any(|shown| shown.contains(": error: "));
    assert_eq!(loaded.rules.is_empty(), refused, "{shown:#?}");
}

/// A whole rule around some lines at its end.
fn rule(extra: &str) -> String {
    format!(
        "title: T\nid: r1\nlogsource: {{product: aws, service: cloudtrail}}\n\
         detection:\n  sel: {{eventName: StopLogging}}\n  condition: sel\n{extra}"
    )
}

mod collisions;
mod correlations;
mod definitions;
mod metadata;
mod robust;
