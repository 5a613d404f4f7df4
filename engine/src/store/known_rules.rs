//! Which rules this store has rows of, by the key that says what decides their hits, and what those rows were last taken for.

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior};

use super::{Store, StoreError, checksum};

/// A rule, as a store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRule<'r> {
    /// What decides its hits, as a digest.
    pub key: &'r str,
    /// Its id.
    pub id: &'r str,
    /// When its hits become an alert: whatever else decides that.
    pub shape: String,
}

/// What of the rules that run is not as it was, by their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// Never said before: they begin with no rows. None on the first start, when all do.
    pub new: Vec<usize>,
    /// The same hits become other alerts now.
    pub reshaped: Vec<usize>,
}

/// Under which number the rows of a key are kept; it has one from now on.
pub(super) fn number(transaction: &Transaction<'_>, key: &str) -> Result<i64, StoreError> {
    let mut find = transaction.prepare_cached("SELECT id FROM keys WHERE key = ?1")?;
    if let Some(id) = find.query_row((key,), |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let mut add = transaction.prepare_cached("INSERT INTO keys(key, sum) VALUES (?1, ?2)")?;
    Ok(add.insert((key, checksum::of(&[checksum::text(key)])))?)
}

impl Store {
    /// Says which rules run. Rows that an older version kept by a rule's id are found by its key from now on.
    ///
    /// # Errors
    /// SQLite's. Nothing was changed then.
    pub fn know_rules(&mut self, rules: &[KnownRule<'_>]) -> Result<Changed, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let is_first: bool =
            transaction.query_row("SELECT NOT EXISTS (SELECT 1 FROM rules)", (), |row| row.get(0))?;
        let mut changed = Changed::default();
        {
            let mut has_key = transaction.prepare_cached("SELECT 1 FROM rules WHERE key = ?1 LIMIT 1")?;
            let mut shape =
                transaction.prepare_cached("SELECT shape FROM rules WHERE key = ?1 AND rule = ?2")?;
            let mut know = transaction.prepare_cached(
                "INSERT OR REPLACE INTO rules(key, rule, shape, sum) VALUES (?1, ?2, ?3, ?4)",
            )?;
            let mut rows =
                transaction.prepare_cached("UPDATE OR IGNORE keys SET key = ?1, sum = ?3 WHERE key = ?2")?;
            for (n, KnownRule { key, id, shape: now }) in rules.iter().enumerate() {
                let has_rows = has_key.exists((key,))?
                    || rows.execute((key, id, checksum::of(&[checksum::text(key)])))? > 0;
                let before: Option<String> = shape.query_row((key, id), |row| row.get(0)).optional()?;
                if !has_rows && !is_first {
                    changed.new.push(n);
                } else if has_rows && before.as_ref() != Some(now) {
                    changed.reshaped.push(n);
                }
                let sum = checksum::of(&[key, id, now.as_str()].map(checksum::text));
                know.execute((key, id, now, sum))?;
            }
        }
        transaction.commit()?;
        Ok(changed)
    }
}
