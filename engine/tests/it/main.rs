//! One test binary: each `mod` says what belongs there.

/// The house rules: who may import whom, how large a room may grow, what the core never does.
mod tidy;

/// Where the shared material is found.
mod shared;

/// Rule files that others publish load, and what is refused is refused for what it is.
mod published_rules;

/// Published and observed answers of the CloudWatch filter-pattern language.
mod pattern_vectors;
