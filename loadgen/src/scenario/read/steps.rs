//! What happens, as meant.

use jiff::SignedDuration;
use serde_saphyr::Spanned;

use crate::options::SCENARIO_S;
use crate::scenario::fault::Fault;
use crate::scenario::part::{Failure, Step};
use crate::scenario::read::{Refusal, actor, line, template};
use crate::scenario::template::Scope;
use crate::scenario::text::{StepText, ValueText};
use crate::scenario::value::Value;

/// All steps, and how long they take.
pub(super) fn read(written: &[Spanned<StepText>], scope: &Scope<'_>) -> Result<(Vec<Step>, u32), Refusal> {
    let scope = Scope { acting: true, step: true, ..*scope };
    let (mut steps, mut span_s) = (Vec::new(), 0);
    for text in written {
        let step = step(text, &scope)?;
        let first = if steps.is_empty() { 0 } else { u64::from(step.after_s) };
        span_s += first + u64::from(step.times - 1) * u64::from(step.every_s);
        if span_s >= u64::from(SCENARIO_S) {
            return Err((line(text), Fault::Slow { span_s }));
        }
        steps.push(step);
    }
    // Below the limit, so it fits.
    Ok((steps, u32::try_from(span_s).unwrap_or(SCENARIO_S)))
}

fn step(written: &Spanned<StepText>, scope: &Scope<'_>) -> Result<Step, Refusal> {
    let text = &written.value;
    let at = line(&text.actor);
    let actors = text.actor.value.0.iter().map(|name| actor(name, at, scope.actors, ""));
    let actors = actors.collect::<Result<Vec<_>, _>>()?;
    let calls = text.call.value.0.iter().map(|name| call(name, line(&text.call)));
    let calls = calls.collect::<Result<Vec<_>, _>>()?;
    if actors.is_empty() || calls.is_empty() {
        return Err((line(written), Fault::Empty));
    }
    let (times, every_s) = repetition(written, actors.len().max(calls.len()))?;
    let failure = failure(text, scope)?;
    let silent = matches!(&failure, Some(Failure::Said { code, .. }) if !code.is_empty());
    if let Some(response) = text.response.as_ref().filter(|_| silent || text.refused) {
        return Err((line(response), Fault::FailedResponse));
    }
    let resources = text.resources.iter().map(|one| Ok((one.kind.clone(), template(&one.arn, scope)?)));
    Ok(Step {
        after_s: text.after.as_ref().map_or(Ok(0), seconds)?,
        actors,
        calls,
        times,
        every_s,
        request: mapping("request", text.request.as_ref(), scope)?.unwrap_or(Value::Null),
        response: mapping("response", text.response.as_ref(), scope)?.unwrap_or(Value::Null),
        additional: mapping("additional", text.additional.as_ref(), scope)?,
        resources: resources.collect::<Result<_, Refusal>>()?,
        failure,
        service_event: text.service_event,
    })
}

/// How often, and how many seconds apart. A list of actors or calls is gone through once unless more is asked for.
fn repetition(written: &Spanned<StepText>, listed: usize) -> Result<(u32, u32), Refusal> {
    let StepText { repeat, every, .. } = &written.value;
    let listed = u32::try_from(listed).unwrap_or(u32::MAX);
    let times = repeat.as_ref().map_or(listed, |times| times.value);
    match every {
        _ if times == 0 => Err((line(written), Fault::Empty)),
        None if times > 1 => Err((line(written), Fault::NoEvery { times })),
        Some(every) if times == 1 => Err((line(every), Fault::NoRepeat)),
        None => Ok((times, 0)),
        Some(every) => Ok((times, seconds(every)?)),
    }
}

fn failure(text: &StepText, scope: &Scope<'_>) -> Result<Option<Failure>, Refusal> {
    match (&text.error, text.refused) {
        (Some(error), true) => Err((line(error), Fault::RefusedError)),
        (None, true) => Ok(Some(Failure::Refused)),
        (None, false) => Ok(None),
        (Some(error), false) => {
            let code = error.value.code.clone().unwrap_or_default();
            Ok(Some(Failure::Said { code, message: template(&error.value.message, scope)? }))
        }
    }
}

fn call(text: &str, line: u64) -> Result<(String, String), Refusal> {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    match text.split_once(':') {
        Some((service, name)) if plain(service) && plain(name) => Ok((service.to_owned(), name.to_owned())),
        _ => Err((line, Fault::Call { call: text.to_owned() })),
    }
}

fn seconds(text: &Spanned<String>) -> Result<u32, Refusal> {
    let time: Option<SignedDuration> = text.value.parse().ok();
    time.filter(|time| time.subsec_nanos() == 0)
        .and_then(|time| u32::try_from(time.as_secs()).ok())
        .ok_or_else(|| (line(text), Fault::Time { text: text.value.clone() }))
}

fn mapping(
    what: &'static str,
    written: Option<&Spanned<ValueText>>,
    scope: &Scope<'_>,
) -> Result<Option<Value>, Refusal> {
    match written {
        Some(value) if !matches!(value.value, ValueText::Map(_)) => {
            Err((line(value), Fault::NoMapping { what }))
        }
        Some(value) => Value::new(value, scope).map(Some),
        None => Ok(None),
    }
}
