//! Arguments → command → exit code.

use std::panic;
use std::process::ExitCode;

use tripline::cli::{self, Cli, Exit};

fn main() -> ExitCode {
    let cli = Cli::from_env();
    // A panic is a bug of ours and says so by its exit code; its message went to stderr.
    panic::catch_unwind(|| cli::run(cli)).unwrap_or(Exit::Bug).into()
}
