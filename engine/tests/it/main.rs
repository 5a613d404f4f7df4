//! One test binary: each `mod` says what belongs there.

#![expect(clippy::unwrap_used, reason = "a panic is how a test speaks")]

/// The house rules: who may import whom, how large a room may grow, what the core never does.
mod tidy;

/// Where shared material and peers are found.
mod shared;

/// Rule files that others publish load, and what is refused is refused for what it is.
mod published_rules;

/// Published and observed answers of the CloudWatch filter-pattern language.
mod pattern_vectors;

/// Random rules against the naive matcher; the corpus, scanned, against the pull parser.
mod plan;

/// The command line as its users meet it.
mod cli;

/// The configuration on the command line.
mod config;

/// Random filter patterns against a judge that walks the syntax tree over JSON text.
mod pattern_properties;

/// Chance that a seed reproduces.
mod rng;

/// A second engine, small and obvious, that judges the first.
mod reference;

/// What must not matter, changed: the alerts stay.
mod metamorphic;

/// Worlds in which everything fails that can, out of a seed.
mod simulation;

/// The matcher against its judge, and the flow against itself in another order.
mod equivalence;

/// The demo, its verdict, its restart after a kill, and what people say of its alerts.
mod demo;

/// A peer that several rooms use.
mod moto;

/// Deliveries over real connections, to servers of every kind and to real peers.
mod sinks;

/// The service on streams that throttle, break off, reshard and end, and through kills and drains.
mod kinesis;

/// What operators are given names metrics and alerts that exist, and explains them all.
mod deploy;
