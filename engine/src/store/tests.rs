//! The store: all or nothing, once, and as it was written.
