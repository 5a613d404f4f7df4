//! From a pattern's tree to a condition over predicates.

use super::ast::{Column, Comparison, Expr, Operand, Pattern, Term, TermKind};
use super::regex;
use super::{Dialect, PatternError, PatternErrorKind, RegexProblem};
use crate::condition::Condition;
use crate::field::{FieldId, Fields, Selector};
use crate::predicate::glob::Glob;
use crate::predicate::number::Decimal;
use crate::predicate::pattern::PatternTest;
use crate::predicate::regex::{Regex, RegexError, RegexFlags};
use crate::predicate::words::{WordTest, Words};
use crate::predicate::{Predicate, Test};

type Lowered = Result<Condition<Predicate>, PatternError>;

/// For any message: JSON patterns apply to those that are one JSON object.
pub(super) fn any_message(pattern: &Pattern, dialect: Dialect, fields: &mut Fields) -> Lowered {
    let condition = json_message(pattern, dialect, fields)?;
    Ok(match pattern {
        Pattern::Json(_) => {
            let root = fields.intern(Selector::Pattern(Vec::new()));
            Condition::All(vec![is(root, PatternTest::IsObject), condition])
        }
        Pattern::Everything | Pattern::Terms(_) | Pattern::Delimited(_) | Pattern::Regex(_) => condition,
    })
}

/// For messages that are known to be JSON objects, as CloudTrail events are.
pub(super) fn json_message(pattern: &Pattern, dialect: Dialect, fields: &mut Fields) -> Lowered {
    match pattern {
        Pattern::Everything => Ok(Condition::All(Vec::new())),
        Pattern::Json(expr) => lower(expr, dialect, fields),
        Pattern::Terms(terms) => Ok(words(terms, fields.intern(Selector::Message))),
        Pattern::Delimited(columns) => {
            let test = delimited(pattern.to_string(), columns, dialect)?;
            Ok(is(fields.intern(Selector::Message), PatternTest::Words(test)))
        }
        Pattern::Regex(source) => {
            let regex = compile(source)?;
            Ok(is(fields.intern(Selector::Message), PatternTest::Regex { equal: true, regex }))
        }
    }
}

fn is(field: FieldId, test: PatternTest) -> Condition<Predicate> {
    Condition::Is(Predicate { field, test: Test::Pattern(test) })
}

fn lower(expr: &Expr, dialect: Dialect, fields: &mut Fields) -> Lowered {
    let mut all = |parts: &[Expr]| -> Result<Vec<_>, PatternError> {
        parts.iter().map(|part| lower(part, dialect, fields)).collect()
    };
    Ok(match expr {
        Expr::Or(parts) => Condition::Any(all(parts)?),
        Expr::And(parts) => Condition::All(all(parts)?),
        Expr::Test(steps, comparison) => {
            is(fields.intern(Selector::Pattern(steps.clone())), test(comparison, dialect)?)
        }
    })
}

fn test(comparison: &Comparison, dialect: Dialect) -> Result<PatternTest, PatternError> {
    Ok(match comparison {
        Comparison::Equal { equal, operand } => {
            let equal = *equal;
            match operand {
                Operand::Number(text) => match Decimal::parse(text) {
                    Some(value) => PatternTest::Number { equal, text: text.clone(), value },
                    None => PatternTest::Text { equal, glob: Glob::new(text, dialect.wildcard) },
                },
                Operand::Text(text) => PatternTest::Text { equal, glob: Glob::new(text, dialect.wildcard) },
                Operand::Regex(source) => PatternTest::Regex { equal, regex: compile(source)? },
            }
        }
        Comparison::Order(order, text) => match Decimal::parse(text) {
            Some(value) => PatternTest::Order { order: *order, text: text.clone(), value },
            None => {
                return Err(PatternError::new(0, PatternErrorKind::NotANumber { operator: order.as_str() }));
            }
        },
        Comparison::IsNull => PatternTest::IsNull,
        Comparison::IsBool(value) => PatternTest::IsBool(*value),
        Comparison::NotExists => PatternTest::NotExists,
    })
}

fn compile(source: &str) -> Result<Regex, PatternError> {
    let translated = regex::translate(source)
        .map_err(|(offset, problem)| PatternError::new(offset, PatternErrorKind::Regex(problem)))?;
    Regex::new(&translated, RegexFlags::default()).map_err(|error| {
        let problem = match error {
            RegexError::Syntax(reason) => RegexProblem::Engine { reason },
            RegexError::TooLong | RegexError::TooLarge => RegexProblem::TooLarge,
        };
        PatternError::new(0, PatternErrorKind::Regex(problem))
    })
}

/// All plain terms and none of the excluded ones; `?` terms count only among themselves.
fn words(terms: &[Term], message: FieldId) -> Condition<Predicate> {
    let contains = |term: &Term| is(message, PatternTest::Contains(term.text.clone()));
    if terms.iter().all(|term| term.kind == TermKind::Optional) {
        return Condition::Any(terms.iter().map(contains).collect());
    }
    let counted = terms.iter().filter(|term| term.kind != TermKind::Optional);
    Condition::All(
        counted
            .map(|term| match term.kind {
                TermKind::Excluded => Condition::Not(Box::new(contains(term))),
                TermKind::Required | TermKind::Optional => contains(term),
            })
            .collect(),
    )
}

fn delimited(source: String, columns: &[Column], dialect: Dialect) -> Result<Words, PatternError> {
    let mut words = Words { source, head: Vec::new(), tail: None, count: dialect.words };
    for column in columns {
        match column {
            Column::Ellipsis => words.tail = Some(Vec::new()),
            Column::Word { conditions, .. } => {
                let all = |all: &Vec<Comparison>| all.iter().map(|one| test(one, dialect)).collect();
                let test = WordTest(conditions.iter().map(all).collect::<Result<_, _>>()?);
                words.tail.as_mut().unwrap_or(&mut words.head).push(test);
            }
        }
    }
    Ok(words)
}
