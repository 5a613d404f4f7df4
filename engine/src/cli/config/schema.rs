//! `tripline config schema`: the JSON Schema of the file.

use std::io::{self, Write};

use crate::cli::{Exit, Failure};
use crate::config;

pub(super) fn run() -> Result<Exit, Failure> {
    writeln!(io::stdout().lock(), "{:#}", config::schema())?;
    Ok(Exit::Ok)
}
