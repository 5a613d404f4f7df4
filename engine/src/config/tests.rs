//! The configuration against its table, against wrong files, and against the environment.

mod refused;
mod whole;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::ConfigError;
use super::{Loaded, held, meant};

/// Loads a text as the file `c.toml`.
fn load(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, Vec<ConfigError>> {
    let environment: BTreeMap<_, _> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    meant::checked(held(Some((Arc::from("c.toml"), Ok(text.to_owned()))), &environment), &environment)
}
