//! A small seeded organisation: CloudTrail events in the proportions of a busy management trail, packed as CloudWatch
//! Logs packs them. Same seed, same bytes. The load generator will replace it; until then its figures are asserted
//! before anything is timed, so that a change of corpus cannot pass for a change of speed.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

/// What a corpus is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Data messages.
    pub(crate) messages: u64,
    /// Log events a message.
    pub(crate) events_per_message: u64,
    /// Seed.
    pub(crate) seed: u64,
}

/// splitmix64: reproducible everywhere, and good enough to choose names and ids.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn hex(&mut self, digits: usize) -> String {
        let mut text = String::new();
        while text.len() < digits {
            text.push_str(&format!("{:016x}", self.next()));
        }
        text.truncate(digits);
        text
    }

    fn uuid(&mut self) -> String {
        let h = self.hex(32);
        format!("{}-{}-4{}-a{}-{}", &h[..8], &h[8..12], &h[13..16], &h[17..20], &h[20..32])
    }
}

/// (source, name, read only, weight): one trail's usual mix, rare mutations last.
const CALLS: &[(&str, &str, bool, u64)] = &[
    ("sts", "AssumeRole", true, 130),
    ("kms", "Decrypt", true, 120),
    ("kms", "GenerateDataKey", true, 60),
    ("s3", "GetObject", true, 110),
    ("s3", "PutObject", false, 60),
    ("ec2", "DescribeInstances", true, 110),
    ("ec2", "DescribeSecurityGroups", true, 70),
    ("iam", "ListRoles", true, 50),
    ("iam", "GetUser", true, 60),
    ("logs", "DescribeLogGroups", true, 60),
    ("ssm", "GetParameter", true, 70),
    ("secretsmanager", "GetSecretValue", true, 30),
    ("lambda", "ListFunctions20150331", true, 30),
    ("signin", "ConsoleLogin", false, 3),
    ("iam", "CreateAccessKey", false, 1),
    ("iam", "AttachUserPolicy", false, 1),
    ("ec2", "AuthorizeSecurityGroupIngress", false, 1),
    ("ec2", "RunInstances", false, 4),
    ("cloudtrail", "StopLogging", false, 1),
    ("s3", "PutBucketPolicy", false, 1),
];

/// Gzip'd data messages.
pub(crate) fn messages(shape: Shape) -> io::Result<Vec<Vec<u8>>> {
    let mut rng = Rng(shape.seed);
    (0..shape.messages).map(|n| message(&mut rng, n, shape.events_per_message)).collect()
}

fn message(rng: &mut Rng, n: u64, events: u64) -> io::Result<Vec<u8>> {
    let account = format!("{:012}", 111_122_220_000 + rng.below(40));
    let log_events: Vec<_> = (0..events)
        .map(|k| {
            let time_s = 1_767_225_600 + n * 2 + k / 40;
            json!({
                "id": format!("3568926364839183747{:037}", n * 1000 + k),
                "timestamp": time_s * 1000 + 140_000,
                "message": event(rng, &account, time_s),
            })
        })
        .collect();
    let text = json!({
        "messageType": "DATA_MESSAGE",
        "owner": account,
        "logGroup": "aws-cloudtrail-logs",
        "logStream": format!("{account}_CloudTrail_eu-west-1"),
        "subscriptionFilters": ["tripline"],
        "logEvents": log_events,
    })
    .to_string();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

fn event(rng: &mut Rng, account: &str, time_s: u64) -> String {
    let total: u64 = CALLS.iter().map(|call| call.3).sum();
    let mut at = rng.below(total);
    let mut chosen = CALLS[0];
    for call in CALLS {
        if at < call.3 {
            chosen = *call;
            break;
        }
        at -= call.3;
    }
    let (source, name, read_only, _) = chosen;
    let role = format!("service-{}", rng.below(12));
    let refused = rng.below(1000) < 15;
    let (day, second) = (time_s / 86_400 - 20_454 + 1, time_s % 86_400);
    let mut event = json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": format!("AROA{}:{role}", rng.hex(16).to_uppercase()),
            "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/session-{}", rng.below(9)),
            "accountId": account,
            "accessKeyId": format!("ASIA{}", rng.hex(16).to_uppercase()),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": format!("AROA{}", rng.hex(16).to_uppercase()),
                    "arn": format!("arn:aws:iam::{account}:role/{role}"),
                    "accountId": account,
                    "userName": role,
                },
                "attributes": {"creationDate": "2026-01-01T00:00:00Z", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": format!("2026-01-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60),
        "eventSource": format!("{source}.amazonaws.com"),
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": format!("198.51.100.{}", rng.below(40)),
        "userAgent": format!("aws-sdk-go-v2/1.{}.0 os/linux lang/go#1.25 md/GOARCH#arm64 api/{source}#1.9.1", rng.below(30)),
        "requestParameters": {
            "bucketName": format!("data-{}", rng.below(30)),
            "key": format!("year=2026/part-{}.parquet", rng.hex(12)),
            "filterSet": {"items": [{"name": "tag:eventName", "valueSet": {"items": [{"value": "StopLogging"}]}}]},
            "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\"}]}",
        },
        "responseElements": null,
        "requestID": rng.uuid(),
        "eventID": rng.uuid(),
        "readOnly": read_only,
        "resources": [{"accountId": account, "type": "AWS::S3::Bucket", "ARN": format!("arn:aws:s3:::data-{}", rng.below(30))}],
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": format!("{source}.eu-west-1.amazonaws.com")},
    });
    if refused {
        event["errorCode"] = json!("AccessDenied");
        event["errorMessage"] = json!(format!("User: {role} is not authorized to perform: {source}:{name}"));
    }
    event.to_string()
}
