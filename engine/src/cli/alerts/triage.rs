//! `tripline alerts ack`, `close` and `resend`.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::StoreArgs;
use crate::cli::{Exit, Failure, talk};
use crate::pipeline::now_ms;
use crate::store::{CloseReason, Resend};

/// Say that somebody is on it: no more revisions are told
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AckArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The alert's id, or the beginning of it
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

/// Say that it is done, and why
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CloseArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The alert's id, or the beginning of it
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Why
    #[arg(long, value_enum)]
    reason: CloseReason,
    /// Why, in your words; `--reason other` needs them
    #[arg(long, required_if_eq("reason", "other"))]
    text: Option<String>,
}

/// Deliver again: dead deliveries, or with `--pending` waiting ones at once
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ResendArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Only of these alerts: ids, or the beginnings of ids
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Only to this sink
    #[arg(long, value_name = "NAME")]
    sink: Option<String>,
    /// Make deliveries that wait for their next attempt due at once, instead of retrying dead ones
    #[arg(long)]
    pending: bool,
}

impl ValueEnum for CloseReason {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}

pub(super) fn ack(args: &AckArgs) -> Result<Exit, Failure> {
    let mut store = args.store.write()?;
    for id in &args.ids {
        let alert = store.alert(id)?.alert;
        let first = store.acknowledge(&alert.id, now_ms())?;
        let done = if first { "acknowledged" } else { "was acknowledged already" };
        talk(&format!("alert {} {done}", alert.id));
    }
    Ok(Exit::Ok)
}

pub(super) fn close(args: &CloseArgs) -> Result<Exit, Failure> {
    let mut store = args.store.write()?;
    for id in &args.ids {
        let alert = store.alert(id)?.alert;
        store.close(&alert.id, args.reason, args.text.as_deref(), now_ms())?;
        talk(&format!("alert {} closed: {}", alert.id, args.reason));
    }
    Ok(Exit::Ok)
}

pub(super) fn resend(args: &ResendArgs) -> Result<Exit, Failure> {
    let mut store = args.store.write()?;
    let which = if args.pending { Resend::Pending } else { Resend::Dead };
    let mut again = 0;
    for id in &args.ids {
        let alert = store.alert(id)?.alert;
        again += store.resend(which, Some(&alert.id), args.sink.as_deref(), now_ms())?;
    }
    if args.ids.is_empty() {
        again = store.resend(which, None, args.sink.as_deref(), now_ms())?;
    }
    talk(&match which {
        Resend::Dead => format!("deliveries that will be made after all: {again}"),
        Resend::Pending => format!("waiting deliveries that are due at once: {again}"),
    });
    Ok(Exit::Ok)
}
