//! PutLogEvents takes a run of one log stream, whole or up to the events that are too old or too new.

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use serde_json::json;
use tripline_loadgen::Unusual;

use super::service::{Service, error};
use super::{PATIENCE, counts, load, sent};
use crate::cli::send;
use crate::live::unit::{Body, Unit};

pub(super) const TARGET: &str = "logs:/trail";

/// Runs of two log events, by their log streams.
pub(super) fn runs(streams: &[&str]) -> Vec<Unit> {
    let event = |ms: i64| InputLogEvent::builder().timestamp(ms).message("{}").build().unwrap();
    let unit = |stream: &&str| {
        let body = Body::Events { log_stream: (*stream).to_owned(), events: vec![event(1), event(2)] };
        Unit { log_events: 2, unusual: Unusual::default(), bytes: 56, body }
    };
    streams.iter().map(unit).collect()
}

/// Operation and log stream of every call, in order.
pub(super) fn asked(service: &Service) -> Vec<String> {
    let said = |stream: &serde_json::Value| stream.as_str().unwrap().to_owned();
    let calls = service.calls();
    calls.iter().map(|call| format!("{} {}", call.operation, said(&call.body["logStreamName"]))).collect()
}

#[tokio::test]
async fn a_log_stream_is_made_when_it_is_missing() {
    for made in [(200, json!({})), error(400, "ResourceAlreadyExistsException")] {
        let service = Service::start(move |n, _| match n {
            0 => error(400, "ResourceNotFoundException"),
            1 => made.clone(),
            _ => (200, json!({})),
        })
        .await;
        let sent = sent(load(TARGET, &service, runs(&["a"]), PATIENCE).await).await;
        assert_eq!(asked(&service), ["PutLogEvents a", "CreateLogStream a", "PutLogEvents a"]);
        assert_eq!((counts(&sent), sent.last_error), ([1, 0, 0], None));
    }
}

#[tokio::test]
async fn a_run_that_is_refused_is_sent_again_and_no_other() {
    for (status, code) in [(400, "ThrottlingException"), (503, "ServiceUnavailableException")] {
        let service =
            Service::start(move |n, _| if n < 2 { error(status, code) } else { (200, json!({})) }).await;
        let sent = sent(load(TARGET, &service, runs(&["a", "b"]), PATIENCE).await).await;
        assert_eq!(asked(&service), ["PutLogEvents a", "PutLogEvents a", "PutLogEvents a", "PutLogEvents b"]);
        assert_eq!((counts(&sent), sent.events), ([2, 2, 0], 4), "{code}");
        assert!(sent.last_error.unwrap().contains(code));
    }
}

#[tokio::test]
async fn events_that_are_too_old_fail_the_load() {
    let rejected = json!({"rejectedLogEventsInfo": {"tooOldLogEventEndIndex": 1}});
    let service = Service::start(move |_, _| (200, rejected.clone())).await;
    let sent = sent(load(TARGET, &service, runs(&["a"]), PATIENCE).await).await;
    // To send them again would change nothing.
    assert_eq!(asked(&service), ["PutLogEvents a"]);
    assert_eq!(counts(&sent), [0, 0, 1]);
    let said = send::whole(&sent).unwrap_err().to_string();
    assert!(said.contains("PutLogEvents: a: events too old or too new"), "{said}");
    assert!(said.contains("too_old_log_event_end_index: Some(1)"), "{said}");
}

#[tokio::test]
async fn without_the_group_nothing_is_sent() {
    let service = Service::start(|_, _| error(400, "ResourceNotFoundException")).await;
    let sent = sent(load(TARGET, &service, runs(&["a"]), PATIENCE).await).await;
    assert_eq!(asked(&service), ["PutLogEvents a", "CreateLogStream a"]);
    assert_eq!(counts(&sent), [0, 0, 1]);
    assert!(send::whole(&sent).unwrap_err().to_string().contains("CreateLogStream"));
}
