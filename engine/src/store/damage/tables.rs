//! The tables whose rows carry a checksum over all of their columns.

/// A table whose rows carry a checksum.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// The columns that name a row.
    pub(super) key: &'static [&'static str],
    /// The columns over which the checksum is computed, in its order.
    pub(super) summed: &'static [&'static str],
}

/// The small ones: each is read whole when the engine starts.
pub(super) const SMALL: [Table; 7] = [
    Table { name: "keys", key: &["id"], summed: &["key"] },
    Table { name: "rules", key: &["key", "rule"], summed: &["key", "rule", "shape"] },
    Table {
        name: "positions",
        key: &["source"],
        summed: &["source", "position", "low_s", "committed_ms", "seen_ms"],
    },
    Table { name: "gaps", key: &["source", "from_ms"], summed: &["source", "from_ms", "to_ms", "found_ms"] },
    Table {
        name: "seen",
        key: &["account", "region"],
        summed: &["account", "region", "first_ms", "last_ms", "state"],
    },
    Table { name: "sketched", key: &["seq"], summed: &["width_s", "bucket", "names"] },
    Table { name: "pressures", key: &["rule", "from_ms"], summed: &["rule", "from_ms", "to_ms"] },
];

/// Returns the column of `table` that carries the most of a row.
pub(super) fn main_column(table: &str) -> &'static str {
    match table {
        "events" => "text",
        "hits" => "group_text",
        "alerts" => "body",
        "keys" => "key",
        "rules" => "shape",
        "positions" => "position",
        "seen" => "state",
        "sketched" => "names",
        "outbox" => "error",
        _ => "",
    }
}
