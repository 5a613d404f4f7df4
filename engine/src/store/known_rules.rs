//! Which rules this store has rows of, by the key that says what decides their hits.

use rusqlite::TransactionBehavior;

use super::{Store, StoreError};

impl Store {
    /// Says which rules run, each as (key, id). Returns which of them, by their place, were never said before and begin with no
    /// rows; none on the first start, when all do. Rows that an older version kept by a rule's id are found by its key from now on.
    ///
    /// # Errors
    /// SQLite's. Nothing was changed then.
    pub fn know_rules(&mut self, rules: &[(&str, &str)]) -> Result<Vec<usize>, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let is_first =
            transaction.query_row("SELECT NOT EXISTS (SELECT 1 FROM rules)", (), |row| row.get(0))?;
        let mut new = Vec::new();
        {
            let mut known =
                transaction.prepare_cached("INSERT OR IGNORE INTO rules(key, rule) VALUES (?1, ?2)")?;
            let mut rows =
                transaction.prepare_cached("UPDATE OR REPLACE inputs SET rule = ?1 WHERE rule = ?2")?;
            for (n, (key, id)) in rules.iter().enumerate() {
                if known.execute((key, id))? > 0 && rows.execute((key, id))? == 0 {
                    new.push(n);
                }
            }
        }
        transaction.commit()?;
        Ok(if is_first { Vec::new() } else { new })
    }
}
