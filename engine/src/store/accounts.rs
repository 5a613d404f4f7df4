//! Where everything went that came in, for each source, in the transaction that holds what came of it: so it adds up at any
//! time, over restarts and kills.

use rusqlite::{Row, Transaction};

use super::{Store, StoreError};

/// What became of what a source has brought. Each total stands before its parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SourceAccounts {
    /// Records.
    pub records: u64,
    /// Those that were opened.
    pub records_decoded: u64,
    /// Control messages.
    pub records_control: u64,
    /// Those that were set aside.
    pub records_rejected: u64,
    /// Log events of decoded records.
    pub events: u64,
    /// Those held against the rules.
    pub events_evaluated: u64,
    /// Those of other logs.
    pub events_not_cloudtrail: u64,
    /// Those that were set aside.
    pub events_rejected: u64,
    /// Hits.
    pub hits: u64,
    /// Those that were new.
    pub hits_counted: u64,
    /// Those that were there already.
    pub hits_duplicate: u64,
    /// Those that came too late.
    pub hits_too_old: u64,
    /// Those that have no rows.
    pub hits_over_budget: u64,
}

impl SourceAccounts {
    /// How much of each total has no part, or has two: all zero, unless there is a mistake of ours.
    pub fn unaccounted(&self) -> [(&'static str, i64); 3] {
        let gap = |total: u64, parts: &[u64]| {
            let parts: i128 = parts.iter().map(|part| i128::from(*part)).sum();
            i64::try_from(i128::from(total) - parts).unwrap_or(i64::MAX)
        };
        [
            (
                "records",
                gap(self.records, &[self.records_decoded, self.records_control, self.records_rejected]),
            ),
            (
                "log_events",
                gap(self.events, &[self.events_evaluated, self.events_not_cloudtrail, self.events_rejected]),
            ),
            (
                "hits",
                gap(
                    self.hits,
                    &[self.hits_counted, self.hits_duplicate, self.hits_too_old, self.hits_over_budget],
                ),
            ),
        ]
    }

    /// Adds what came since.
    pub fn add(&mut self, more: &Self) {
        for (sum, more) in self.numbers_mut().into_iter().zip(more.numbers()) {
            *sum = sum.saturating_add(more);
        }
    }

    /// Whether nothing came.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn numbers(&self) -> [u64; 13] {
        let mut copy = *self;
        copy.numbers_mut().map(|number| *number)
    }

    /// In the order of [`COLUMNS`].
    fn numbers_mut(&mut self) -> [&mut u64; 13] {
        [
            &mut self.records,
            &mut self.records_decoded,
            &mut self.records_control,
            &mut self.records_rejected,
            &mut self.events,
            &mut self.events_evaluated,
            &mut self.events_not_cloudtrail,
            &mut self.events_rejected,
            &mut self.hits,
            &mut self.hits_counted,
            &mut self.hits_duplicate,
            &mut self.hits_too_old,
            &mut self.hits_over_budget,
        ]
    }
}

/// The columns, in the order of the numbers.
pub(super) const COLUMNS: [&str; 13] = [
    "records",
    "records_decoded",
    "records_control",
    "records_rejected",
    "events",
    "events_evaluated",
    "events_not_cloudtrail",
    "events_rejected",
    "hits",
    "hits_counted",
    "hits_duplicate",
    "hits_too_old",
    "hits_over_budget",
];

pub(super) fn add(
    transaction: &Transaction<'_>,
    accounts: &[(String, SourceAccounts)],
) -> Result<(), StoreError> {
    for (source, came) in accounts {
        let sums: Vec<String> =
            COLUMNS.iter().map(|column| format!("{column} = {column} + excluded.{column}")).collect();
        let places: Vec<String> = (2..COLUMNS.len() + 2).map(|n| format!("?{n}")).collect();
        let mut statement = transaction.prepare_cached(&format!(
            "INSERT INTO accounts(source, {}) VALUES (?1, {}) ON CONFLICT DO UPDATE SET {}",
            COLUMNS.join(", "),
            places.join(", "),
            sums.join(", ")
        ))?;
        statement.raw_bind_parameter(1, source)?;
        for (place, number) in (2..).zip(came.numbers()) {
            statement.raw_bind_parameter(place, number)?;
        }
        statement.raw_execute()?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<(String, SourceAccounts)> {
    let mut accounts = SourceAccounts::default();
    for (column, number) in (1..).zip(accounts.numbers_mut()) {
        *number = row.get(column)?;
    }
    Ok((row.get(0)?, accounts))
}

impl Store {
    /// Every source that ever brought anything, and where that went.
    ///
    /// # Errors
    /// SQLite's.
    pub fn accounts(&self) -> Result<Vec<(String, SourceAccounts)>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT source, {} FROM accounts ORDER BY source",
            COLUMNS.join(", ")
        ))?;
        let rows = statement.query_map((), read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
