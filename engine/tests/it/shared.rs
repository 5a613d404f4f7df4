//! The material that tests read in place and that is not ours to commit: found by `TRIPLINE_SHARED`.

use std::io::Write;
use std::path::PathBuf;

/// The folder behind `TRIPLINE_SHARED`. Unset, the test says so in one line and passes, so that a fresh clone passes
/// alone; under `TRIPLINE_REQUIRE=1` it fails.
pub(crate) fn folder(test: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TRIPLINE_SHARED") {
        return Some(PathBuf::from(path));
    }
    let required = std::env::var_os("TRIPLINE_REQUIRE").is_some_and(|value| value == "1");
    assert!(!required, "{test}: TRIPLINE_REQUIRE=1 and TRIPLINE_SHARED is not set");
    let _ = writeln!(std::io::stderr(), "{test}: skipped, TRIPLINE_SHARED is not set");
    None
}
