//! Tripline: a detection backend for AWS CloudTrail.
//!
//! The modules stand in the order in which data flows: a source yields *records*; *decode* opens them into
//! events; the rules match events into *hits*; *window* folds hits into findings; *alert* explains them.

pub mod record;
pub mod source;
pub mod decode;
pub mod hit;
pub mod window;
pub mod alert;
pub mod sink;
pub mod pipeline;
pub mod config;
pub mod cli;
