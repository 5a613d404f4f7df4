//! When attacks begin; and loads against services that refuse.

mod logs;
mod records;
mod service;
mod stop;

use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_kinesis::config::Credentials;
use tripline_loadgen::judge::Sent;

use super::*;
use service::Service;

/// Short enough for a test, and told apart from what a call takes on loopback by its lower bound alone.
const PATIENCE: Patience = Patience {
    pause_min: Duration::from_millis(5),
    pause_max: Duration::from_millis(20),
    tried_for: Duration::from_secs(60),
};
/// Who is refused once is given up.
const NONE: Patience = Patience { tried_for: Duration::ZERO, ..PATIENCE };

/// A load of units, each an attack of its own from which nothing follows.
async fn load(target: &str, service: &Service, units: Vec<Unit>, patience: Patience) -> Running {
    let attacks = units.into_iter().map(|unit| vec![unit]).collect();
    attacks_of(target, service, attacks, patience).await
}

/// A load of attacks whose units are all due at once, over one connection. Nothing follows from them.
async fn attacks_of(target: &str, service: &Service, attacks: Vec<Vec<Unit>>, patience: Patience) -> Running {
    let target: Target = target.parse().unwrap();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(&service.url)
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("test", "secret", None, None, "test"));
    let client = Client::with(&target, config).await.unwrap();
    let plan = Plan {
        target,
        packing: Packing::default(),
        rate: Rate::Constant(1.0),
        duration: Duration::from_secs(1),
        scenarios: Scenarios::None,
        attacks_per_minute: 0.0,
        connections: 1,
        pool_bytes_max: 0,
        patience,
    };
    let mut course = Course::new(plan.rate.schedule(1.0), Vec::new());
    let owed = (0..).zip(attacks.iter().map(|units| units.len() as u64)).collect();
    for (n, units) in (0..).zip(attacks) {
        units.into_iter().for_each(|unit| course.add(0.0, n, unit));
    }
    let (stop, _) = watch::channel(false);
    let books = Arc::new(Books::new(&plan.target, 0).unwrap());
    let (truth, began) = (Truth::default(), Instant::now());
    Running { books, began, stop, plan, truth, owed, course: Some(course), client }
}

/// Sends it to its end.
async fn sent(mut running: Running) -> Sent {
    running.send().await.unwrap();
    running.books.sent()
}

/// Messages that were taken, retries, errors.
fn counts(sent: &Sent) -> [u64; 3] {
    [sent.messages, sent.retries, sent.errors]
}

#[test]
fn attacks_begin_evenly_and_none_is_cut_off() {
    let times = |load_s, a_minute| attack_times(load_s, a_minute).map(|(_, at_s)| at_s).collect::<Vec<_>>();
    assert_eq!(times(60.0, 3.0), [10.0, 30.0, 50.0]);
    assert_eq!(times(5.0, 60.0), [0.5, 1.5, 2.5, 3.5]);
    assert_eq!(times(60.0, 0.0), [0.0; 0]);
}
