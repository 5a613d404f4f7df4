//! What a rule may look at: selectors interned to field ids, and the values that a decoder found for them.
//!
//! A [`Selector`] says how a rule language walks a JSON event; equal selectors share one [`FieldId`], and a
//! decoder fills one *slot* a field and event. A slot holds every [`Node`] that the selector reached: none
//! when the field is missing, one as a rule, several behind wildcards and arrays. This module knows nothing
//! of JSON text. Invariant: a rule reads an event through [`Slots`] only.

mod slots;

use std::collections::HashMap;
use std::fmt;

pub(crate) use slots::Plain;
pub use slots::{Node, Note, Reached, Slots, Span, Unread, Value};

/// The member of an event that says who did it.
pub const IDENTITY: &str = "userIdentity";

/// One step of a filter-pattern selector (`spec/filter-pattern.md` §4.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// `.name` or `.['name']`: that member of an object.
    Member(String),
    /// `.*`: every member of an object.
    AnyMember,
    /// `[3]`: that element of an array, from 0.
    Index(u32),
    /// `[*]`: every element of an array.
    AnyElement,
}

/// How a rule names what it looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Selector {
    /// `$.a.b[0]`: exact steps. Reaches the value at the end of each path, whatever its type, as one node;
    /// arrays and objects come as [`Value::Array`] and [`Value::Object`] alone, without their contents.
    Pattern(Vec<Step>),
    /// `a.b`: Sigma's dotted name (`spec/sigma.md` §5.1). At every object the longest literal key that
    /// is a prefix of the remaining path wins, so a key may itself hold dots. An array on the way, or at the
    /// end, fans out to its elements. An array at the end yields [`Value::Array`] and then its elements; an
    /// object at the end yields [`Value::Object`] with its compact text and then, marked
    /// [`nested`](Node::nested), every scalar below it. The empty name is the event itself (keywords).
    Sigma(String),
    /// The whole message as one string, whether it is JSON or not (unstructured and delimited patterns).
    Message,
}

/// A selector's place in [`Fields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(u32);

impl FieldId {
    /// The position in [`Fields::selectors`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The fields of every event that the engine itself reads, whatever the rules: identity, time, who, where.
/// They are interned first, in this order, so their ids are constants.
macro_rules! core_fields {
    ($($(#[$doc:meta])* $name:ident = $id:literal => [$($step:literal),+];)+) => {
        impl FieldId { $($(#[$doc])* pub const $name: FieldId = FieldId($id);)+ }
        const CORE: &[&[&str]] = &[$(&[$($step),+]),+];
    };
}

core_fields! {
    /// `eventID`.
    EVENT_ID = 0 => ["eventID"];
    /// `eventTime`.
    EVENT_TIME = 1 => ["eventTime"];
    /// `eventSource`.
    EVENT_SOURCE = 2 => ["eventSource"];
    /// `eventName`.
    EVENT_NAME = 3 => ["eventName"];
    /// `recipientAccountId`.
    RECIPIENT_ACCOUNT_ID = 4 => ["recipientAccountId"];
    /// `awsRegion`.
    AWS_REGION = 5 => ["awsRegion"];
    /// `sourceIPAddress`.
    SOURCE_IP_ADDRESS = 6 => ["sourceIPAddress"];
    /// `userAgent`.
    USER_AGENT = 7 => ["userAgent"];
    /// `errorCode`.
    ERROR_CODE = 8 => ["errorCode"];
    /// `userIdentity.type`.
    USER_TYPE = 9 => ["userIdentity", "type"];
    /// `userIdentity.arn`.
    USER_ARN = 10 => ["userIdentity", "arn"];
    /// `userIdentity.accountId`.
    USER_ACCOUNT_ID = 11 => ["userIdentity", "accountId"];
    /// `userIdentity.invokedBy`.
    USER_INVOKED_BY = 12 => ["userIdentity", "invokedBy"];
    /// `userIdentity.principalId`.
    USER_PRINCIPAL_ID = 13 => ["userIdentity", "principalId"];
    /// `userIdentity.sessionContext.sessionIssuer.arn`.
    SESSION_ISSUER_ARN = 14 => ["userIdentity", "sessionContext", "sessionIssuer", "arn"];
}

/// Every field that the loaded rules and the engine read, each once.
#[derive(Debug, Clone)]
pub struct Fields {
    selectors: Vec<Selector>,
    ids: HashMap<Selector, FieldId>,
}

impl Fields {
    /// The core fields, and nothing else.
    pub fn new() -> Self {
        let mut fields = Self { selectors: Vec::new(), ids: HashMap::new() };
        for path in CORE {
            fields.intern(Selector::Pattern(
                path.iter().map(|step| Step::Member((*step).to_owned())).collect(),
            ));
        }
        debug_assert_eq!(fields.len(), CORE.len());
        fields
    }

    /// The id of `selector`, new or known.
    pub fn intern(&mut self, selector: Selector) -> FieldId {
        if let Some(id) = self.ids.get(&selector) {
            return *id;
        }
        let id = FieldId(u32::try_from(self.selectors.len()).unwrap_or(u32::MAX));
        self.selectors.push(selector.clone());
        self.ids.insert(selector, id);
        id
    }

    /// All selectors in the order of their ids: what a decoder fills, in this order.
    pub fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    /// The selector behind an id.
    pub fn selector(&self, id: FieldId) -> &Selector {
        &self.selectors[id.index()]
    }

    /// All fields, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FieldId, &Selector)> {
        (0..).map(FieldId).zip(&self.selectors)
    }

    /// How many fields there are; at least the core ones.
    #[expect(clippy::len_without_is_empty, reason = "never empty: the core fields are always there")]
    pub fn len(&self) -> usize {
        self.selectors.len()
    }
}

impl Default for Fields {
    fn default() -> Self {
        Self::new()
    }
}

impl Selector {
    /// The member of the event that the whole way goes through, when there is one such.
    pub fn root(&self) -> Option<&str> {
        match self {
            Selector::Pattern(steps) => match steps.first()? {
                Step::Member(name) => Some(name),
                Step::AnyMember | Step::Index(_) | Step::AnyElement => None,
            },
            Selector::Sigma(path) => path.split('.').next().filter(|name| !name.is_empty()),
            Selector::Message => None,
        }
    }
}

impl Selector {
    /// One name for the selectors of both languages that reach the same in an event that holds no arrays and no dotted keys on
    /// the way.
    pub(crate) fn plain_name(&self) -> String {
        match self {
            Selector::Pattern(steps) if steps.iter().all(|step| matches!(step, Step::Member(_))) => {
                let names = steps.iter().filter_map(|step| {
                    if let Step::Member(name) = step { Some(name.as_str()) } else { None }
                });
                names.collect::<Vec<_>>().join(".")
            }
            Selector::Pattern(_) | Selector::Message => self.to_string(),
            Selector::Sigma(path) => path.clone(),
        }
    }
}

/// A field as a person writes it: `$.a['b.c'][0].*`, `a.b`, `message`.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Message => f.write_str("message"),
            Selector::Sigma(path) if path.is_empty() => f.write_str("(any field)"),
            Selector::Sigma(path) => f.write_str(path),
            Selector::Pattern(steps) => {
                f.write_str("$")?;
                steps.iter().try_for_each(|step| match step {
                    Step::Member(name) if plain_name(name) => write!(f, ".{name}"),
                    Step::Member(name) => write!(f, ".['{name}']"),
                    Step::AnyMember => f.write_str(".*"),
                    Step::Index(index) => write!(f, "[{index}]"),
                    Step::AnyElement => f.write_str("[*]"),
                })
            }
        }
    }
}

fn plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
