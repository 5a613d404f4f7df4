//! `[ … ]`: the words of a message by their places.

use super::ast::{Column, Comparison};
use super::cursor::Cursor;
use super::error::{PatternError, PatternErrorKind as Kind};
use super::warning::Warning;

/// Parses the columns; the cursor stands behind the bracket that opens.
pub(super) fn parse(
    cursor: &mut Cursor<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Column>, PatternError> {
    let mut columns = Vec::new();
    cursor.blanks();
    if cursor.eat("]") {
        return end(cursor, columns);
    }
    loop {
        cursor.blanks();
        let start = cursor.at;
        let column = column(cursor)?;
        if column == Column::Ellipsis && columns.contains(&Column::Ellipsis) {
            return Err(PatternError::new(start, Kind::Quota { what: "`...`", max: 1 }));
        }
        let has_condition = matches!(&column, Column::Word { conditions, .. } if !conditions.is_empty());
        columns.push(column);
        cursor.blanks();
        if cursor.eat("]") {
            if has_condition {
                warnings.push(Warning::last_column(start));
            }
            return end(cursor, columns);
        }
        if !cursor.eat(",") {
            return Err(cursor.expected("`,` or `]`"));
        }
    }
}

fn end(cursor: &mut Cursor<'_>, columns: Vec<Column>) -> Result<Vec<Column>, PatternError> {
    cursor.blanks();
    if cursor.rest().is_empty() { Ok(columns) } else { Err(cursor.expected("the end of the pattern")) }
}

fn column(cursor: &mut Cursor<'_>) -> Result<Column, PatternError> {
    if cursor.eat("...") {
        return Ok(Column::Ellipsis);
    }
    let name = name(cursor).to_owned();
    cursor.blanks();
    let mut conditions = Vec::new();
    if name.is_empty() || !cursor.peek().is_some_and(|c| "=!<>".contains(c)) {
        return Ok(Column::Word { name, conditions });
    }
    conditions.push(vec![cursor.comparison()?]);
    loop {
        cursor.blanks();
        let or = cursor.eat("||");
        if !or && !cursor.eat("&&") {
            return Ok(Column::Word { name, conditions });
        }
        let comparison = named_comparison(cursor, &name)?;
        match conditions.last_mut() {
            Some(all) if !or => all.push(comparison),
            _ => conditions.push(vec![comparison]),
        }
    }
}

fn named_comparison(cursor: &mut Cursor<'_>, expected: &str) -> Result<Comparison, PatternError> {
    cursor.blanks();
    let start = cursor.at;
    if name(cursor) != expected {
        return Err(PatternError::new(start, Kind::OtherField { expected: expected.to_owned() }));
    }
    cursor.comparison()
}

fn name<'p>(cursor: &mut Cursor<'p>) -> &'p str {
    cursor.run(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
