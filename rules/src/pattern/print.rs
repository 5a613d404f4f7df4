//! A pattern as text again: canonical spacing, quotes where they are needed. Parsing it gives the same tree.

use std::fmt::{self, Display, Formatter};

use super::ast::{Column, Comparison, Expr, Operand, Pattern, Term, TermKind};
use super::cursor::is_bare;
use crate::field::Selector;

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Everything => Ok(()),
            Pattern::Json(expr) => write!(f, "{{ {expr} }}"),
            Pattern::Terms(terms) => joined(f, terms, " "),
            Pattern::Delimited(columns) => {
                f.write_str("[")?;
                joined(f, columns, ", ")?;
                f.write_str("]")
            }
            Pattern::Regex(source) => write!(f, "%{source}%"),
        }
    }
}

fn joined(f: &mut Formatter<'_>, parts: &[impl Display], separator: &str) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{part}")?;
    }
    Ok(())
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let many = |f: &mut Formatter<'_>, parts: &[Expr], separator: &str| {
            for (n, part) in parts.iter().enumerate() {
                if n > 0 {
                    f.write_str(separator)?;
                }
                write!(f, "({part})")?;
            }
            Ok(())
        };
        match self {
            Expr::Or(parts) => many(f, parts, " || "),
            Expr::And(parts) => many(f, parts, " && "),
            Expr::Test(steps, comparison) => {
                write!(f, "{} {comparison}", Selector::Pattern(steps.clone()))
            }
        }
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Comparison::Equal { equal: true, operand } => write!(f, "= {operand}"),
            Comparison::Equal { equal: false, operand } => write!(f, "!= {operand}"),
            Comparison::Order(order, number) => write!(f, "{} {number}", order.as_str()),
            Comparison::IsNull => f.write_str("IS NULL"),
            Comparison::IsBool(true) => f.write_str("IS TRUE"),
            Comparison::IsBool(false) => f.write_str("IS FALSE"),
            Comparison::NotExists => f.write_str("NOT EXISTS"),
        }
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Number(text) => f.write_str(text),
            Operand::Text(text) => quoted(f, text),
            Operand::Regex(source) => write!(f, "%{source}%"),
        }
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TermKind::Required => "",
            TermKind::Excluded => "-",
            TermKind::Optional => "?",
        })?;
        if !self.text.is_empty() && self.text.chars().all(|c| is_bare(c) && (c.is_alphanumeric() || c == '_'))
        {
            f.write_str(&self.text)
        } else {
            quoted(f, &self.text)
        }
    }
}

impl Display for Column {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (name, conditions) = match self {
            Column::Ellipsis => return f.write_str("..."),
            Column::Word { name, conditions } => (name, conditions),
        };
        if conditions.is_empty() {
            return f.write_str(name);
        }
        for (n, all) in conditions.iter().enumerate() {
            for (m, comparison) in all.iter().enumerate() {
                f.write_str(match (n, m) {
                    (0, 0) => "",
                    (_, 0) => " || ",
                    _ => " && ",
                })?;
                write!(f, "{name} {comparison}")?;
            }
        }
        Ok(())
    }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        if c == '"' || c == '\\' {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}
