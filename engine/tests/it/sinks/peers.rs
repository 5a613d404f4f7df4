//! What people really run: an SNS topic with a queue behind it (moto), and Alertmanager. `engine/tests/peers/start` starts
//! them and prints where they are.

use serde_json::{Value, json};
use tripline::alert::Alert;
use tripline::sink::{Delivery, Sink, Target, sample};

use super::server::{Behaviour, Server};
use super::settings;
use crate::moto::{PATIENCE, Topic, now_ms, run, until};
use crate::shared::variable;

#[test]
fn an_alert_sent_to_sns_is_read_back_from_a_queue() {
    let Some(endpoint) = variable("sns", "AWS_ENDPOINT_URL_SNS") else { return };
    run(async {
        let topic = Topic::new(&endpoint, "standard").await;
        let target = Target::Sns { topic_arn: topic.arn.clone(), region: None };
        let mut sink = Sink::open(settings(target, PATIENCE)).await.unwrap();
        let alert = sample(now_ms());
        let trial = Delivery { sample: true, ..Delivery::new(&alert, now_ms()) };
        sink.deliver(&trial).await.unwrap();
        let message = topic.receive().await;
        let envelope: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
        let told = envelope["Message"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Alert>(told).unwrap(), alert);
        assert_eq!(serde_json::from_str::<Value>(told).unwrap()["sample"], true);
        let subject = "[TEST] [INFORMATIONAL] Sample: CloudTrail logging stopped 111122223333 eu-west-1";
        assert_eq!(envelope["Subject"], subject);
        let attributes = json!({
            "severity": {"Type": "String", "Value": "informational"},
            "severity_rank": {"Type": "Number", "Value": "1"},
            "rule_id": {"Type": "String", "Value": "tripline-sample"},
            "account_id": {"Type": "String", "Value": "111122223333"},
            "region": {"Type": "String", "Value": "eu-west-1"},
            "event_name": {"Type": "String", "Value": "StopLogging"},
            "tactic": {"Type": "String", "Value": "defense-evasion"},
            "status": {"Type": "String", "Value": "open"},
            "schema": {"Type": "String", "Value": "tripline.alert.1"},
            "sample": {"Type": "String", "Value": "true"},
        });
        assert_eq!(envelope["MessageAttributes"], attributes);
        // What is too large is made to fit, and SNS takes it.
        let mut large = alert.clone();
        large.evidence.more = vec![line(&"x".repeat(4_000)); 100];
        sink.deliver(&Delivery::new(&large, now_ms())).await.unwrap();
        let message = topic.receive().await;
        let envelope: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
        let told: Value = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
        assert_eq!(told["truncated"], json!(["evidence.more"]));
    });
}

fn line(text: &str) -> tripline::alert::Line {
    let text = text.to_owned();
    tripline::alert::Line {
        time_s: 1,
        event_id: text.clone(),
        event_name: text.clone(),
        source_ip: text.clone(),
        target: None,
        error_code: text,
    }
}

#[test]
fn a_fifo_topic_is_told_the_account_and_the_key() {
    let Some(endpoint) = variable("sns fifo", "AWS_ENDPOINT_URL_SNS") else { return };
    run(async {
        let topic = Topic::new(&endpoint, "ordered.fifo").await;
        let target = Target::Sns { topic_arn: topic.arn.clone(), region: None };
        let mut sink = Sink::open(settings(target, PATIENCE)).await.unwrap();
        let alert = sample(now_ms());
        sink.deliver(&Delivery::new(&alert, now_ms())).await.unwrap();
        let message = topic.receive().await;
        assert_eq!(message["Attributes"]["MessageGroupId"], "111122223333");
        assert_eq!(message["Attributes"]["MessageDeduplicationId"], format!("{}.1", alert.id));
    });
}

#[test]
fn a_topic_that_is_not_there_is_refused_in_awss_words() {
    let Some(_) = variable("sns refusal", "AWS_ENDPOINT_URL_SNS") else { return };
    run(async {
        let topic_arn = "arn:aws:sns:eu-west-1:123456789012:nobody-made-this".to_owned();
        let mut sink = Sink::open(settings(Target::Sns { topic_arn, region: None }, PATIENCE)).await.unwrap();
        let refusal = sink.deliver(&Delivery::new(&sample(now_ms()), now_ms())).await.unwrap_err();
        assert_eq!(refusal.label(), "aws");
        assert!(refusal.to_string().contains("it does not exist there (NotFound: "), "{refusal}");
    });
}

#[test]
fn alertmanager_shows_an_alert_and_tells_its_receiver() {
    let Some(url) = variable("alertmanager", "TRIPLINE_ALERTMANAGER_URL") else { return };
    let Some(receiver) = variable("alertmanager", "TRIPLINE_ALERTMANAGER_RECEIVER") else { return };
    let receiver = Server::at(&receiver, Behaviour::Answer("200 OK", "", String::new()));
    run(async {
        let target = Target::Alertmanager { urls: vec![url.clone()], bearer: None, allow_private: true };
        let mut sink = Sink::open(settings(target, PATIENCE)).await.unwrap();
        let alert = sample(now_ms());
        sink.deliver(&Delivery::new(&alert, now_ms())).await.unwrap();
        let first = shown(&url, &alert, "1").await;
        assert_eq!(first["labels"]["alertname"], "tripline-sample");
        assert_eq!(first["labels"]["account"], "111122223333");
        assert_eq!(first["status"]["state"], "active");
        assert_eq!(first["annotations"]["summary"], alert.summary.as_str());
        let told = told(&receiver, &alert, "1").await;
        assert_eq!(told["status"], "firing");
        let grown = Alert { revision: 2, count: 12, ..alert.clone() };
        sink.deliver(&Delivery::new(&grown, now_ms())).await.unwrap();
        let second = shown(&url, &alert, "2").await;
        assert_eq!(second["fingerprint"], first["fingerprint"], "the same alert, renewed");
        assert_eq!(second["startsAt"], first["startsAt"]);
        assert_eq!(second["annotations"]["count"], "12");
    });
}

/// The alert as Alertmanager's API has it, once it is at this revision.
async fn shown(url: &str, alert: &Alert, revision: &str) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{url}/api/v2/alerts?filter=tripline_alert%3D%22{}%22", alert.id);
    until("the alert in the API", async || {
        let text = http.get(&url).send().await.unwrap().text().await.unwrap();
        let alerts: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert!(alerts.len() <= 1, "{text}");
        alerts.into_iter().find(|alert| alert["annotations"]["revision"] == revision)
    })
    .await
}

/// The alert as a receiver of Alertmanager's was told it.
async fn told(receiver: &Server, alert: &Alert, revision: &str) -> Value {
    until("the alert at the receiver", async || {
        let bodies = receiver.requests().into_iter().map(|request| request.body);
        let told = bodies.flat_map(|body| {
            let told: Value = serde_json::from_slice(&body).unwrap();
            told["alerts"].as_array().cloned().unwrap_or_default()
        });
        let mut told = told.filter(|told| told["annotations"]["revision"] == revision);
        told.find(|told| told["labels"]["tripline_alert"] == alert.id.as_str())
    })
    .await
}
