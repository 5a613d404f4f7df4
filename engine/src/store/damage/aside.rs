//! Moves damaged rows into the table `damaged`, and leaves the others such that each refers to rows that are there.

use std::collections::BTreeSet;
use std::fmt::Write;

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row, Transaction, TransactionBehavior, params_from_iter};
use serde_json::{Map, Value, json};

use super::examine::TOTAL;
use super::{Damage, RowKey, Scope, alert, tables};
use crate::store::hits;
use crate::store::{Store, StoreError, checksum};

/// What became of damaged rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aside {
    /// Rows of which there is a copy in `damaged` now.
    pub rows: u64,
    /// Keys whose total of window rows was computed anew.
    pub totals: u64,
    /// Ids of alerts that were damaged: their window rows say what they are.
    pub alerts: BTreeSet<String>,
}

impl Store {
    /// Moves damaged rows aside, all or none, with everything that refers to them. Rows that are no longer there are left out.
    ///
    /// # Errors
    /// SQLite's. Nothing was changed then.
    pub fn set_damage_aside(&mut self, damaged: &[Damage], now_ms: i64) -> Result<Aside, StoreError> {
        self.check_file()?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Deliveries of an alert are moved before it; one that refers to no alert is damage itself.
        transaction.pragma_update(None, "defer_foreign_keys", true)?;
        let mut mover =
            Mover { transaction: &transaction, now_ms, keys: BTreeSet::new(), done: Aside::default() };
        for damage in damaged {
            mover.set_aside(damage)?;
        }
        mover.settle_totals()?;
        let done = mover.done;
        transaction.commit()?;
        Ok(done)
    }
}

impl Store {
    /// Examines the tables that the engine reads when it starts, and moves aside what is damaged there. How far sources were read
    /// is left to `tripline store repair`: without it, records would be read twice or never.
    ///
    /// # Errors
    /// SQLite's. Nothing was changed then.
    pub fn set_small_damage_aside(&mut self, now_ms: i64) -> Result<Aside, StoreError> {
        let mut found = self.examine(Scope::Small)?;
        found.retain(|damage| damage.table != "positions");
        if found.is_empty() { Ok(Aside::default()) } else { self.set_damage_aside(&found, now_ms) }
    }
}

struct Mover<'t> {
    transaction: &'t Transaction<'t>,
    now_ms: i64,
    /// Numbers of keys whose window rows changed.
    keys: BTreeSet<i64>,
    done: Aside,
}

impl Mover<'_> {
    fn set_aside(&mut self, damage: &Damage) -> Result<(), StoreError> {
        let Damage { table, key, problem } = damage;
        match (*table, key.id()) {
            ("keys", Some(id)) if problem.starts_with(TOTAL) => {
                self.keys.insert(id);
                self.done.totals += 1;
                Ok(())
            }
            ("keys", Some(id)) => self.key(id, damage),
            ("events", Some(id)) => self.event(id, problem),
            ("hits", Some(seq)) => self.hit(seq, problem),
            ("alerts", Some(seq)) => self.alert(seq, damage),
            _ => self.take(table, key, problem).map(drop),
        }
    }

    /// Copies the rows that `key` names into `damaged`. Returns how many.
    fn copy(&mut self, table: &str, key: &RowKey, problem: &str) -> Result<u64, StoreError> {
        let (condition, values) = key.condition();
        let mut statement =
            self.transaction.prepare_cached(&format!("SELECT * FROM {table} WHERE {condition}"))?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query(params_from_iter(values))?;
        let mut copied = 0;
        while let Some(row) = rows.next()? {
            let (bytes, others) = parts(row, &names, tables::main_column(table))?;
            self.transaction
                .prepare_cached(
                    "INSERT INTO damaged(name, key, bytes, row, found_ms, problem) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute((table, key.to_string(), bytes, others, self.now_ms, problem))?;
            copied += 1;
        }
        self.done.rows += copied;
        Ok(copied)
    }

    /// Moves the rows that `key` names into `damaged`. Returns how many.
    fn take(&mut self, table: &str, key: &RowKey, problem: &str) -> Result<u64, StoreError> {
        let copied = self.copy(table, key, problem)?;
        if copied > 0 {
            let (condition, values) = key.condition();
            self.transaction
                .prepare_cached(&format!("DELETE FROM {table} WHERE {condition}"))?
                .execute(params_from_iter(values))?;
        }
        Ok(copied)
    }

    /// A rule's key: its text is also in `rules`, and its checksum says which one it was.
    fn key(&mut self, id: i64, damage: &Damage) -> Result<(), StoreError> {
        if self.copy("keys", &damage.key, &damage.problem)? == 0 {
            return Ok(());
        }
        self.keys.insert(id);
        let sum: Option<i64> =
            self.transaction.query_row("SELECT sum FROM keys WHERE id = ?1", (id,), |row| row.get(0))?;
        let mut known = self.transaction.prepare(
            "SELECT DISTINCT key FROM rules WHERE NOT EXISTS (SELECT 1 FROM keys WHERE keys.key = rules.key AND id != ?1)",
        )?;
        let mut rows = known.query((id,))?;
        while let Some(row) = rows.next()? {
            let key = row.get_ref(0)?;
            if sum.is_some() && checksum::matches(sum, &[key]) && key.as_str().is_ok() {
                self.transaction
                    .execute("UPDATE keys SET key = ?2 WHERE id = ?1", (id, key.as_str().ok()))?;
                return Ok(());
            }
        }
        drop(rows);
        self.transaction.execute("DELETE FROM keys WHERE id = ?1", (id,))?;
        for seq in self.ids("SELECT seq FROM hits WHERE key = ?1", id)? {
            self.hit(seq, "its key is damaged")?;
        }
        Ok(())
    }

    /// An event, with the window rows that refer to it.
    fn event(&mut self, id: i64, problem: &str) -> Result<(), StoreError> {
        if self.take("events", &Damage::of_row("events", "id", id, problem).key, problem)? > 0 {
            for seq in self.ids("SELECT seq FROM hits WHERE event = ?1", id)? {
                self.hit(seq, "its event is damaged")?;
            }
        }
        Ok(())
    }

    /// A window row, with its event if no other one refers to that.
    fn hit(&mut self, seq: i64, problem: &str) -> Result<(), StoreError> {
        let found: Option<(i64, i64)> = self
            .transaction
            .prepare_cached("SELECT key, event FROM hits WHERE seq = ?1")?
            .query_row((seq,), |row| row.try_into())
            .optional()?;
        let Some((key, event)) = found else { return Ok(()) };
        self.keys.insert(key);
        self.take("hits", &Damage::of_row("hits", "seq", seq, problem).key, problem)?;
        let unused =
            "SELECT id FROM events WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM hits WHERE event = ?1)";
        for id in self.ids(unused, event)? {
            let problem = "the window row that refers to it is damaged";
            self.copy("events", &Damage::of_row("events", "id", id, problem).key, problem)?;
            self.transaction.prepare_cached(hits::DELETE_UNUSED)?.execute((id,))?;
        }
        Ok(())
    }

    /// An alert: its row stays if it can.
    fn alert(&mut self, seq: i64, damage: &Damage) -> Result<(), StoreError> {
        if self.copy("alerts", &damage.key, &damage.problem)? == 0 {
            return Ok(());
        }
        if let Some(healed) = alert::heal(self.transaction, seq)? {
            // Even with a body that is whole: growth may have been left out because of a column that was not.
            self.done.alerts.insert(healed.id().to_owned());
            return Ok(());
        }
        let id = self.transaction.query_row(
            "SELECT CAST(id AS BLOB) FROM alerts WHERE seq = ?1",
            (seq,),
            |row| row.get::<_, Vec<u8>>(0),
        )?;
        self.take("outbox", &RowKey(vec![("alert", super::Part::Text(id))]), "its alert is damaged")?;
        self.transaction.execute("DELETE FROM alerts WHERE seq = ?1", (seq,))?;
        Ok(())
    }

    fn ids(&self, text: &str, id: i64) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.transaction.prepare_cached(text)?;
        let rows = statement.query_map((id,), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Computes what the window rows of each key that lost some amount to.
    fn settle_totals(&mut self) -> Result<(), StoreError> {
        let mut statement = self.transaction.prepare_cached(
            "UPDATE keys SET rows = (SELECT count(*) FROM hits WHERE hits.key = keys.id),
                 bytes = (SELECT ifnull(sum(hits.bytes), 0) FROM hits WHERE hits.key = keys.id) WHERE id = ?1",
        )?;
        for key in &self.keys {
            statement.execute((key,))?;
        }
        Ok(())
    }
}

/// Splits a row into the bytes of its main column and the others, as JSON.
fn parts(row: &Row<'_>, names: &[String], main: &str) -> Result<(Vec<u8>, String), StoreError> {
    let (mut bytes, mut others) = (Vec::new(), Map::new());
    for (at, name) in names.iter().enumerate() {
        let value = match row.get_ref(at)? {
            ValueRef::Text(text) | ValueRef::Blob(text) if name == main => {
                bytes = text.to_vec();
                continue;
            }
            ValueRef::Null => Value::Null,
            ValueRef::Integer(integer) => integer.into(),
            ValueRef::Real(real) => real.into(),
            ValueRef::Text(text) => std::str::from_utf8(text).map_or_else(|_| hex(text), Into::into),
            ValueRef::Blob(blob) => hex(blob),
        };
        others.insert(name.clone(), value);
    }
    Ok((bytes, Value::Object(others).to_string()))
}

/// Bytes that are no text.
fn hex(bytes: &[u8]) -> Value {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    json!({ "hex": text })
}
