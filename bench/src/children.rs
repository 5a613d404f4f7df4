//! Binaries of this workspace as their users run them, pointed at a Kinesis on loopback.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::ensure;

/// Where that Kinesis says it is.
pub(crate) const REGION: &str = "eu-west-1";

/// A binary, not yet started. It runs on all cores, like whoever else takes part.
pub(crate) fn command(binary: &str, kinesis_url: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(beside(binary)?);
    command
        .env("AWS_ENDPOINT_URL_KINESIS", kinesis_url)
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    Ok(command)
}

/// It was built beside this one.
fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    ensure!(path.exists(), "{} is not there: run `cargo build --release --workspace` first", path.display());
    Ok(path)
}
