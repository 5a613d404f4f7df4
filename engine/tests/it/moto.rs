//! moto: AWS services in one process, none of them ours. A topic with a queue behind it, and a log group with a subscription.

use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_cloudwatchlogs::config::Credentials;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use serde_json::{Value, json};

/// Peers are slower than servers of ours.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Asks again until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let before = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(before.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A queue subscribed to a topic, on moto.
pub(crate) struct Topic {
    endpoint: String,
    http: reqwest::Client,
    pub(crate) arn: String,
    queue_url: String,
}

impl Topic {
    pub(crate) async fn new(endpoint: &str, name: &str) -> Self {
        let name = format!("tripline-{}-{name}", now_ms());
        let fifo = name.ends_with(".fifo");
        let attributes = if fifo { json!({"FifoQueue": "true"}) } else { json!({}) };
        let mut topic = Self {
            endpoint: endpoint.to_owned(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            arn: String::new(),
            queue_url: String::new(),
        };
        let queue = topic.sqs("CreateQueue", &json!({"QueueName": name, "Attributes": attributes})).await;
        topic.queue_url = queue["QueueUrl"].as_str().unwrap().to_owned();
        let fifo = [("Attributes.entry.1.key", "FifoTopic"), ("Attributes.entry.1.value", "true")];
        let fifo = if name.ends_with(".fifo") { &fifo[..] } else { &[] };
        let created = topic.sns(&[&[("Action", "CreateTopic"), ("Name", &name)], fifo].concat()).await;
        topic.arn = created.split("<TopicArn>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let queue_arn = topic.arn.replace(":sns:", ":sqs:");
        let subscribe = [
            ("Action", "Subscribe"),
            ("TopicArn", &topic.arn),
            ("Protocol", "sqs"),
            ("Endpoint", &queue_arn),
        ];
        topic.sns(&subscribe).await;
        topic
    }

    /// The query protocol. moto takes the service from the credential's scope and checks no signature.
    async fn sns(&self, parameters: &[(&str, &str)]) -> String {
        let mut form = reqwest::Url::parse("http://form").unwrap();
        form.query_pairs_mut().extend_pairs(parameters).append_pair("Version", "2010-03-31");
        let request = self.http.post(&self.endpoint).header("authorization", scope("sns"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form.query().unwrap().to_owned()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{parameters:?}: {text}");
        text
    }

    async fn sqs(&self, action: &str, parameters: &Value) -> Value {
        let request = self.http.post(&self.endpoint).header("authorization", scope("sqs"));
        let request = request.header("x-amz-target", format!("AmazonSQS.{action}"));
        let request = request.header("content-type", "application/x-amz-json-1.0");
        let text = request.body(parameters.to_string()).send().await.unwrap().text().await.unwrap();
        let answer = serde_json::from_str(&text);
        assert!(answer.is_ok(), "{action}: {text}");
        answer.unwrap()
    }

    /// The next notification in the queue, taken out of it.
    pub(crate) async fn receive(&self) -> Value {
        let ask = json!({"QueueUrl": self.queue_url, "AttributeNames": ["All"]});
        let message =
            until("a message", async || self.sqs("ReceiveMessage", &ask).await["Messages"].get(0).cloned());
        let message = message.await;
        let taken = json!({"QueueUrl": self.queue_url, "ReceiptHandle": message["ReceiptHandle"]});
        let request = self.http.post(&self.endpoint).header("authorization", scope("sqs"));
        let request = request.header("x-amz-target", "AmazonSQS.DeleteMessage");
        request.body(taken.to_string()).send().await.unwrap();
        message
    }
}

fn scope(service: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/{service}/aws4_request, Signature=none")
}

/// Events of one call, and bytes: CloudWatch Logs takes 10,000 and 1 MiB, with 26 bytes more for each event.
const EVENTS_MAX: usize = 500;
const BYTES_MAX: usize = 1 << 20;

/// A log group that something writes CloudTrail events to.
pub(crate) struct LogGroup {
    pub(crate) name: String,
    client: aws_sdk_cloudwatchlogs::Client,
}

impl LogGroup {
    pub(crate) async fn new(endpoint: &str) -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(endpoint)
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .load()
            .await;
        let client = aws_sdk_cloudwatchlogs::Client::new(&config);
        let name = format!("trail-{}-{:?}", now_ms(), std::thread::current().id());
        let name = name.replace(['(', ')'], "-");
        client.create_log_group().log_group_name(&name).send().await.unwrap();
        client.create_log_stream().log_group_name(&name).log_stream_name("trail").send().await.unwrap();
        Self { name, client }
    }

    /// Everything that is written from now on goes to a stream of Kinesis too.
    pub(crate) async fn subscribe(&self, stream: &str) {
        let call = self.client.put_subscription_filter().log_group_name(&self.name).filter_name("all");
        let call = call.filter_pattern("").destination_arn(stream);
        call.role_arn("arn:aws:iam::123456789012:role/logs-to-kinesis").send().await.unwrap();
    }

    /// Writes messages, each with its time in milliseconds, in order.
    pub(crate) async fn put(&self, messages: &[(i64, String)]) {
        let mut rest = messages;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |(_, message): &&(i64, String)| {
                bytes += message.len() + 26;
                bytes <= BYTES_MAX
            };
            let n = rest.iter().take(EVENTS_MAX).take_while(fits).count().max(1);
            let events = rest[..n].iter().map(|(time_ms, message)| {
                InputLogEvent::builder().timestamp(*time_ms).message(message).build().unwrap()
            });
            let call = self.client.put_log_events().log_group_name(&self.name).log_stream_name("trail");
            call.set_log_events(Some(events.collect())).send().await.unwrap();
            rest = &rest[n..];
        }
    }
}
