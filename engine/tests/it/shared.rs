//! What tests need and is not ours to commit: material that is read in place, found by `TRIPLINE_SHARED`, and peers that
//! run beside them, found by variables that `engine/tests/peers/start` prints.

use std::io::Write;
use std::path::PathBuf;

/// The folder behind `TRIPLINE_SHARED`.
pub(crate) fn folder(test: &str) -> Option<PathBuf> {
    variable(test, "TRIPLINE_SHARED").map(PathBuf::from)
}

/// A variable that says where something is. Unset, the test says so in one line and passes, so that a fresh clone passes
/// alone; under `TRIPLINE_REQUIRE=1` it fails.
pub(crate) fn variable(test: &str, name: &str) -> Option<String> {
    if let Ok(value) = std::env::var(name) {
        return Some(value);
    }
    let required = std::env::var_os("TRIPLINE_REQUIRE").is_some_and(|value| value == "1");
    assert!(!required, "{test}: TRIPLINE_REQUIRE=1 and {name} is not set");
    let _ = writeln!(std::io::stderr(), "{test}: skipped, {name} is not set");
    None
}
