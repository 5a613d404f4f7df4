//! What must follow, and what must not, as meant.

use serde_saphyr::Spanned;

use crate::scenario::fault::Fault;
use crate::scenario::part::{Declared, Must};
use crate::scenario::read::{Refusal, actor, line, template};
use crate::scenario::template::{Scope, Template};
use crate::scenario::text::{MustNotText, MustText, OneOrMany, Pairs};

/// A group that is this alone is a whole account.
const ACCOUNT: &str = "recipientAccountId";

/// Both lists, an entry for each actor of each.
pub(super) fn read(
    must: &[Spanned<MustText>],
    must_not: &[Spanned<MustNotText>],
    scope: &Scope<'_>,
    own_account: bool,
) -> Result<(Vec<Must>, Vec<Declared>), Refusal> {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for written in must {
        let MustText { rule, actor, group, count, needs } = &written.value;
        let (count, needs) = (count.unwrap_or(1), needs.unwrap_or(1));
        if needs == 0 || count < needs {
            return Err((line(written), Fault::Needs { needs, count }));
        }
        let about = Written { line: line(written), rule, actor: actor.as_ref(), group: group.as_ref() };
        wanted.extend(about.read(scope, own_account)?.into_iter().map(|about| Must { about, count, needs }));
    }
    for written in must_not {
        let MustNotText { rule, actor, group } = &written.value;
        let about = Written { line: line(written), rule, actor: actor.as_ref(), group: group.as_ref() };
        unwanted.extend(about.read(scope, own_account)?);
    }
    Ok((wanted, unwanted))
}

struct Written<'a> {
    line: u64,
    rule: &'a str,
    actor: Option<&'a Spanned<OneOrMany>>,
    group: Option<&'a Pairs<Spanned<String>>>,
}

impl Written<'_> {
    fn read(&self, scope: &Scope<'_>, own_account: bool) -> Result<Vec<Declared>, Refusal> {
        let group = |acting| self.group.map(|group| fields(group, scope, acting)).transpose();
        if self.group.is_some_and(|group| matches!(group.0.as_slice(), [(name, _)] if name.value == ACCOUNT))
            && !own_account
        {
            return Err((self.line, Fault::OwnAccount));
        }
        match self.actor {
            None if self.group.is_none() => Err((self.line, Fault::NoGroup)),
            None => Ok(vec![Declared { rule: self.rule.to_owned(), actor: None, group: group(false)? }]),
            Some(actors) => {
                let each = actors.value.0.iter().map(|name| {
                    let at = actor(name, line(actors), scope.actors, "")?;
                    Ok(Declared { rule: self.rule.to_owned(), actor: Some(at), group: group(true)? })
                });
                each.collect()
            }
        }
    }
}

fn fields(
    group: &Pairs<Spanned<String>>,
    scope: &Scope<'_>,
    acting: bool,
) -> Result<Vec<(String, Template)>, Refusal> {
    let scope = Scope { acting, group: true, ..*scope };
    group.0.iter().map(|(name, value)| Ok((name.value.clone(), template(value, &scope)?))).collect()
}
