//! One test binary: each `mod` says what belongs there.

/// The house rules: who may import whom, how large a room may grow, what the core never does.
mod tidy;

/// Where the shared material is found.
mod shared;

/// Published and observed answers of the CloudWatch filter-pattern language.
mod pattern_vectors;
