//! Damaged rows: what is found, moved into the table `damaged`, and rebuilt.
//!
//! A row is damaged when it is not what was written: its checksum differs, its text cannot be decoded, or it refers to a row that
//! is not there. Reading it gives [`StoreError::DamagedRows`], which names the rows; [`Store::set_damage_aside`] moves them out
//! of the way, so that everything else can be read. Nothing is deleted without a copy in `damaged`.
//!
//! An alert's row is never moved away as long as its id can be read: deliveries and what people said of it depend on it. Its
//! damaged columns are replaced by what the undamaged ones say. Damaged pages (SQLite's `SQLITE_CORRUPT`) cannot be handled row
//! by row: that takes a backup.

mod alert;
mod aside;
pub(super) mod examine;
mod tables;
mod total;

use std::fmt;

use rusqlite::types::{FromSql, Value, ValueRef};
use rusqlite::{ErrorCode, Row};

use super::StoreError;
pub use aside::Aside;
pub use examine::{DAMAGED_ROWS_MAX, Scope};
pub use total::{DamageTotal, LostAlerts};

/// A row that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The table.
    pub table: &'static str,
    /// The row, by the columns that name it.
    pub key: RowKey,
    /// What is wrong with it.
    pub problem: String,
}

/// The columns that name a row, each with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowKey(Vec<(&'static str, Part)>);

/// The value of a column that names a row; a text may be damaged, too.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Integer(i64),
    Text(Vec<u8>),
}

impl Damage {
    /// A damaged row of a table whose rows are named by the integer `column`.
    pub(super) fn of_row(table: &'static str, column: &'static str, id: i64, problem: &str) -> Self {
        Self { table, key: RowKey(vec![(column, Part::Integer(id))]), problem: problem.to_owned() }
    }

    /// A damaged row of a table whose rows are named by the text `column`.
    pub(super) fn of_text(table: &'static str, column: &'static str, text: &[u8], problem: &str) -> Self {
        Self { table, key: RowKey(vec![(column, Part::Text(text.to_vec()))]), problem: problem.to_owned() }
    }

    /// A damaged row that is named by an integer, as an error.
    pub(super) fn error(table: &'static str, column: &'static str, id: i64, problem: &str) -> StoreError {
        StoreError::DamagedRows(vec![Self::of_row(table, column, id, problem)])
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.table, self.key, self.problem)
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (column, part)) in self.0.iter().enumerate() {
            let comma = if n > 0 { ", " } else { "" };
            match part {
                Part::Integer(integer) => write!(f, "{comma}{column} {integer}")?,
                Part::Text(text) => write!(f, "{comma}{column} {}", String::from_utf8_lossy(text))?,
            }
        }
        Ok(())
    }
}

impl RowKey {
    /// Reads the key of a row of the table whose rows are named by `columns`, the first of which is column `at` of `row`.
    fn read(columns: &[&'static str], row: &Row<'_>, at: usize) -> Result<Self, StoreError> {
        let parts = columns.iter().zip(at..).map(|(column, at)| {
            let part = match row.get_ref(at)? {
                ValueRef::Integer(integer) => Part::Integer(integer),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Part::Text(bytes.to_vec()),
                ValueRef::Null | ValueRef::Real(_) => Part::Integer(0),
            };
            Ok((*column, part))
        });
        Ok(Self(parts.collect::<Result<_, rusqlite::Error>>()?))
    }

    /// Returns the condition that selects the row, and its parameters. Texts are compared by their bytes: they may not be UTF-8.
    fn condition(&self) -> (String, Vec<Value>) {
        let texts = self.0.iter().zip(1..).map(|((column, part), n)| match part {
            Part::Integer(_) => format!("{column} = ?{n}"),
            Part::Text(_) => format!("CAST({column} AS BLOB) = ?{n}"),
        });
        let values = self.0.iter().map(|(_, part)| match part {
            Part::Integer(integer) => Value::Integer(*integer),
            Part::Text(text) => Value::Blob(text.clone()),
        });
        (texts.collect::<Vec<_>>().join(" AND "), values.collect())
    }

    /// The row's id, in a table whose rows are named by an integer.
    fn id(&self) -> Option<i64> {
        match self.0.as_slice() {
            [(_, Part::Integer(id))] => Some(*id),
            _ => None,
        }
    }
}

impl StoreError {
    /// True if rows, not the disk or the file as a whole, are what is wrong: moving them aside lets the work go on.
    pub fn is_damaged_row(&self) -> bool {
        use rusqlite::Error as Sqlite;
        match self {
            Self::DamagedRows(_) | Self::Row { .. } => true,
            Self::Sqlite(error) => match error {
                Sqlite::FromSqlConversionFailure(..)
                | Sqlite::IntegralValueOutOfRange(..)
                | Sqlite::Utf8Error(..)
                | Sqlite::InvalidColumnType(..) => true,
                // A sum that no longer fits into its column, or JSON that a query looks into.
                Sqlite::SqliteFailure(failure, text) => match failure.code {
                    ErrorCode::ConstraintViolation => true,
                    ErrorCode::Unknown => text.as_ref().is_some_and(|text| text.contains("malformed JSON")),
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        }
    }

    /// True if the file itself is damaged: no row can be moved out of the way, and only a backup helps.
    pub fn is_damaged_file(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            ),
            _ => false,
        }
    }
}

/// Reads column `at` of `row`; a value that is not of the type of `T` is damage of the row that `key` names.
pub(super) fn get<T: FromSql>(
    row: &Row<'_>,
    at: usize,
    key: impl FnOnce(String) -> Damage,
) -> Result<T, StoreError> {
    row.get(at).map_err(|error| {
        let error = StoreError::Sqlite(error);
        if error.is_damaged_row() {
            StoreError::DamagedRows(vec![key(format!("column {at} cannot be read: {error}"))])
        } else {
            error
        }
    })
}
