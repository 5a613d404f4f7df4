//! Values of requests and responses: YAML in, JSON out, members in the order in which they are written.

use serde_saphyr::Spanned;

use crate::json;
use crate::rng::Rng;
use crate::scenario::fault::Fault;
use crate::scenario::template::{Scope, Sense, Template};
use crate::scenario::text::ValueText;

/// A value whose strings may have placeholders.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// With its decimal point: S3 counts bytes so.
    Float(f64),
    Text(Template),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Reads the placeholders, or says which is wrong, and at which line.
    pub(super) fn new(text: &Spanned<ValueText>, scope: &Scope<'_>) -> Result<Self, (u64, Fault)> {
        Ok(match &text.value {
            ValueText::Null => Self::Null,
            ValueText::Bool(value) => Self::Bool(*value),
            ValueText::Int(value) => Self::Int(*value),
            ValueText::Float(value) => Self::Float(*value),
            ValueText::Text(text_inside) => Self::Text(
                Template::parse(text_inside, scope).map_err(|fault| (text.referenced.line(), fault))?,
            ),
            ValueText::List(values) => {
                Self::List(values.iter().map(|value| Self::new(value, scope)).collect::<Result<_, _>>()?)
            }
            ValueText::Map(pairs) => Self::Map(
                pairs
                    .0
                    .iter()
                    .map(|(name, value)| Ok((name.value.clone(), Self::new(value, scope)?)))
                    .collect::<Result<_, _>>()?,
            ),
        })
    }

    /// A member of a mapping, filled in, if it is a string.
    pub(super) fn text(&self, name: &str, sense: &Sense<'_>, rng: &mut Rng) -> Option<String> {
        let Self::Map(members) = self else { return None };
        members.iter().find(|(known, _)| known == name).and_then(|(_, value)| match value {
            Self::Text(text) => Some(text.fill(sense, rng)),
            _ => None,
        })
    }

    /// The value as JSON. `escape` is that of the service that writes it.
    pub(super) fn write(
        &self,
        out: &mut String,
        escape: fn(&mut String, &str),
        sense: &Sense<'_>,
        rng: &mut Rng,
    ) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(value) => out.push_str(&value.to_string()),
            Self::Float(value) => out.push_str(&format!("{value:?}")),
            Self::Text(text) => string(out, &text.fill(sense, rng), escape),
            Self::List(values) => {
                out.push('[');
                for (value, n) in values.iter().zip(0_u32..) {
                    out.push_str(if n > 0 { "," } else { "" });
                    value.write(out, escape, sense, rng);
                }
                out.push(']');
            }
            Self::Map(members) => {
                out.push('{');
                for ((name, value), n) in members.iter().zip(0_u32..) {
                    out.push_str(if n > 0 { "," } else { "" });
                    string(out, name, json::escape);
                    out.push(':');
                    value.write(out, escape, sense, rng);
                }
                out.push('}');
            }
        }
    }
}

fn string(out: &mut String, text: &str, escape: fn(&mut String, &str)) {
    out.push('"');
    escape(out, text);
    out.push('"');
}
