//! Tripline: a detection backend for AWS CloudTrail.
//!
//! The modules stand in the order in which data flows: a source yields *records*; *decode* opens them into
//! events; the rules match events into *hits*; *window* folds hits into findings; *alert* explains them; the *store* keeps
//! them, and a *sink* tells them; *silence* notices who is not heard of. *pipeline* wires it all; the *port* and the *cli* are what people meet.

pub mod failpoint;
pub mod process;
pub mod regular_file;
pub mod aws;
pub mod record;
pub mod source;
pub mod decode;
pub mod hit;
pub mod window;
pub mod alert;
pub mod store;
pub mod metrics;
pub mod silence;
pub mod sink;
pub mod pipeline;
pub mod port;
pub mod config;
pub mod cli;
#[cfg(test)]
mod testing;
