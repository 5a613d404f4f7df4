//! `tripline backfill` on moto's CloudWatch Logs: page by page, through a kill, into an empty store and into one that has
//! it all already.

use std::process::{Output, Stdio};
use std::sync::OnceLock;

use super::oracle::{facts, judge};
use super::service::{Setup, until};
use super::subscription::{lines, log};
use crate::moto::{LogGroup, now_ms, run};
use crate::reference::Alerts;
use crate::shared::variable;

/// A log group, and what must be found in it.
struct Fixture {
    group: String,
    wanted: Alerts,
    range: [String; 4],
}

/// Forty minutes' log, written in bursts: more in each than a page holds.
fn fixture(moto: &str) -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let mut log = log(37, 44_000, 2_400);
        // PutLogEvents takes nothing from the future.
        let (burst_ms, now_ms) = (600_000, now_ms());
        let burst = |time_ms: i64| now_ms.min(time_ms + burst_ms - time_ms % burst_ms);
        log.iter_mut().for_each(|(time_ms, _)| *time_ms = burst(*time_ms));
        let (wanted, _) = judge(&lines(&log));
        let time = |ms| jiff::Timestamp::from_millisecond(ms).unwrap().to_string();
        let range = ["--from".to_owned(), time(log[0].0), "--to".to_owned(), time(now_ms)];
        let group = run(async {
            let group = LogGroup::new(moto).await;
            group.put(&log).await;
            group.name
        });
        Fixture { group, wanted, range }
    })
}

fn setup(moto: &str) -> Setup {
    Setup::new(moto, "none", "").with("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", moto)
}

fn backfill(setup: &Setup, group: &str, more: &[String]) -> Output {
    let config = setup.folder().join("tripline.toml");
    let mut command = setup.command();
    command.args(["backfill", "--log-group", group, "--rate", "50", "--config"]).arg(config).args(more);
    command.output().unwrap()
}

#[track_caller]
fn said(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn scratches(setup: &Setup) -> usize {
    let names = std::fs::read_dir(setup.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().contains(".backfill-")).count()
}

#[test]
fn a_log_group_gives_the_alerts_that_its_stream_would_have_once() {
    let Some(moto) = variable("backfill", "TRIPLINE_MOTO_URL") else { return };
    let Fixture { group, wanted, range } = fixture(&moto);
    let setup = setup(&moto);
    let first = said(&backfill(&setup, group, range));
    assert_eq!(&facts(&setup.alerts()), wanted, "{first}");
    assert!(
        first.contains(&format!("store       {} opened, 0 grown, 0 as they were", wanted.len())),
        "{first}"
    );
    assert_eq!(scratches(&setup), 0, "what it kept for itself is gone");
    let again = said(&backfill(&setup, group, range));
    let unchanged = format!("store       0 opened, 0 grown, {} as they were", wanted.len());
    assert!(again.contains(&unchanged), "{again}");
    assert_eq!(&facts(&setup.alerts()), wanted);
}

#[test]
fn a_backfill_that_was_killed_goes_on_where_it_was() {
    let Some(moto) = variable("backfill resumed", "TRIPLINE_MOTO_URL") else { return };
    let Fixture { group, wanted, range } = fixture(&moto);
    let setup = setup(&moto);
    let config = setup.folder().join("tripline.toml");
    let mut command = setup.command();
    command.args(["backfill", "--log-group", group, "--rate", "2", "--config"]).arg(config).args(range);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    // The range begins an hour before what was asked for: a dozen empty slices, at two a second.
    until("a scratch store", || (scratches(&setup) > 0).then_some(()));
    std::thread::park_timeout(std::time::Duration::from_secs(3));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!setup.store().exists(), "nothing reaches the store before all is read");
    let output = backfill(&setup, group, range);
    said(&output);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("where an earlier backfill of this range was ended"), "{told}");
    assert_eq!(&facts(&setup.alerts()), wanted);
    assert_eq!(scratches(&setup), 0);
}

#[test]
fn beside_a_running_service_it_adds_what_that_lacks() {
    let Some(moto) = variable("backfill beside", "TRIPLINE_MOTO_URL") else { return };
    let Fixture { group, wanted, range } = fixture(&moto);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stream = super::stream::Stream::create(runtime.handle(), &moto, "beside", 1);
    let setup = Setup::new(&moto, &stream.name, "").with("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &moto);
    let running = setup.start();
    running.wait_ready();
    said(&backfill(&setup, group, range));
    assert_eq!(&facts(&setup.alerts()), wanted);
    running.terminate().assert_ok();
    assert_eq!(&facts(&setup.alerts()), wanted);
}

#[test]
fn a_log_group_that_is_not_there_and_a_range_of_nothing_are_refused() {
    let Some(moto) = variable("backfill refused", "TRIPLINE_MOTO_URL") else { return };
    let setup = setup(&moto);
    let range = ["--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T00:01:00Z"].map(str::to_owned);
    let output = backfill(&setup, "nobody-made-this", &range);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("logs:FilterLogEvents on log group nobody-made-this in eu-west-1: it does not exist there (ResourceNotFoundException: "), "{told}");
    assert!(!setup.store().exists());
    assert_eq!(scratches(&setup), 0, "nothing was read that could be gone on from");
    let backwards = ["--from", "2026-01-01T00:01:00Z", "--to", "2026-01-01T00:01:00Z"].map(str::to_owned);
    let output = backfill(&setup, "any", &backwards);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
