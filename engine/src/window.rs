//! Exact event-time windows: hits in, findings out. Knows no wall clock and does no I/O.

pub mod finding;
