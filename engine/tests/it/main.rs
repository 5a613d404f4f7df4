//! One test binary: each `mod` says what belongs there.

/// The house rules: who may import whom, how large a room may grow, what the core never does.
mod tidy;
