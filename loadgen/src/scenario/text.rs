//! A scenario as written: what YAML says, with the place of whatever may turn out wrong. Shapes and the names of members are
//! checked here, by serde; meaning is not (`read`).

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileText {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) tags: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) own_account: bool,
    pub(super) attack: Spanned<PartText>,
    pub(super) look_alike: Spanned<PartText>,
}

/// The attack, or its look-alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartText {
    #[serde(default, rename = "let")]
    pub(super) names: Pairs<Spanned<String>>,
    pub(super) actors: Pairs<Spanned<ActorText>>,
    pub(super) steps: Vec<Spanned<StepText>>,
    #[serde(default)]
    pub(super) must: Vec<Spanned<MustText>>,
    #[serde(default)]
    pub(super) must_not: Vec<Spanned<MustNotText>>,
}

/// Who acts: one of the first seven members says what they are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ActorText {
    pub(super) user: Option<String>,
    pub(super) role: Option<String>,
    pub(super) person: Option<String>,
    pub(super) visitor: Option<String>,
    pub(super) root: Option<RootText>,
    pub(super) service: Option<String>,
    pub(super) like: Option<String>,
    /// Of a role.
    pub(super) session: Option<String>,
    /// Of a person: their permission set.
    pub(super) set: Option<String>,
    /// Another actor whose address they have.
    pub(super) shares: Option<String>,
    pub(super) address: Option<String>,
    /// What stands for the address in groups, when that is more than the address itself.
    pub(super) network: Option<String>,
    pub(super) agent: Option<AgentText>,
}

/// In what way the root user comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RootText {
    /// At the sign-in page, before there is a session.
    Visitor,
    /// In a session of the console.
    Session,
    /// In a session that the organisation's central management opened.
    Central,
    /// Systems Manager in root's name.
    Invoked,
    /// AWS itself, for nobody.
    Internal,
}

/// What calls the API, as it names itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AgentText {
    Browser,
    Cli,
    Boto,
    Terraform,
    Go,
}

/// One call, or several of one form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepText {
    pub(super) after: Option<Spanned<String>>,
    pub(super) actor: Spanned<OneOrMany>,
    pub(super) call: Spanned<OneOrMany>,
    pub(super) repeat: Option<Spanned<u32>>,
    pub(super) every: Option<Spanned<String>>,
    pub(super) request: Option<Spanned<ValueText>>,
    pub(super) response: Option<Spanned<ValueText>>,
    pub(super) additional: Option<Spanned<ValueText>>,
    #[serde(default)]
    pub(super) resources: Vec<ResourceText>,
    pub(super) error: Option<Spanned<ErrorText>>,
    #[serde(default)]
    pub(super) refused: bool,
    /// An event that nobody's call caused.
    #[serde(default)]
    pub(super) service_event: bool,
}

/// One entry of `resources`; the account is added.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceText {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) arn: Spanned<String>,
}

/// How a call fails. Without a code: as the sign-in page says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorText {
    pub(super) code: Option<String>,
    pub(super) message: Spanned<String>,
}

/// An alert that must follow. Without a group: that of rules that name none, of the actor.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MustText {
    pub(super) rule: String,
    pub(super) actor: Option<Spanned<OneOrMany>>,
    pub(super) group: Option<Pairs<Spanned<String>>>,
    pub(super) count: Option<u64>,
    /// After how many of the events that count it must be there.
    pub(super) needs: Option<u64>,
}

/// An alert that must not follow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MustNotText {
    pub(super) rule: String,
    pub(super) actor: Option<Spanned<OneOrMany>>,
    pub(super) group: Option<Pairs<Spanned<String>>>,
}

/// One word, or a list of them.
#[derive(Debug)]
pub(super) struct OneOrMany(pub(super) Vec<String>);

/// A mapping, in the order in which it is written.
#[derive(Debug)]
pub(super) struct Pairs<T>(pub(super) Vec<(Spanned<String>, T)>);

/// Any value: what becomes JSON.
#[derive(Debug)]
pub(super) enum ValueText {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<ValueText>>),
    Map(Pairs<Spanned<ValueText>>),
}

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word or a list of words")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![word.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element()? {
                    words.push(word);
                }
                Ok(OneOrMany(words))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Mapping<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Mapping<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of names to values")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Pairs<T>, A::Error> {
                pairs(map)
            }
        }
        deserializer.deserialize_map(Mapping(PhantomData))
    }
}

fn pairs<'de, T: Deserialize<'de>, A: MapAccess<'de>>(mut map: A) -> Result<Pairs<T>, A::Error> {
    let mut pairs = Vec::new();
    while let Some(pair) = map.next_entry()? {
        pairs.push(pair);
    }
    Ok(Pairs(pairs))
}

impl<'de> Deserialize<'de> for ValueText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = ValueText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has")
    }

    fn visit_unit<E>(self) -> Result<ValueText, E> {
        Ok(ValueText::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<ValueText, E> {
        Ok(ValueText::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<ValueText, E> {
        Ok(ValueText::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<ValueText, E> {
        let value = i64::try_from(value).map_err(|_| E::custom("a number of more than 63 bits: quote it"))?;
        Ok(ValueText::Int(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<ValueText, E> {
        Ok(ValueText::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<ValueText, E> {
        Ok(ValueText::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ValueText, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(ValueText::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ValueText, A::Error> {
        pairs(map).map(ValueText::Map)
    }
}
