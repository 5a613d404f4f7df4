//! The object of an API call, and whether the call succeeded: what an event says beside its top-level members.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The object that a call acted on. Each service names it in a member of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// `security group`, `bucket`, `user`, …
    pub kind: &'static str,
    /// Its name, id or ARN, as the event spells it.
    pub name: String,
}

/// The members of an event that name its target and its outcome; the others are skipped unread.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts<'t> {
    #[serde(borrow)]
    event_source: Option<&'t RawValue>,
    #[serde(borrow)]
    request_parameters: Option<&'t RawValue>,
    #[serde(borrow)]
    response_elements: Option<&'t RawValue>,
    #[serde(borrow)]
    resources: Option<&'t RawValue>,
}

/// Parses those members of an event's text. An event that this parser refuses (a number beyond its range, a member twice) has
/// none of them.
pub(super) fn parts(text: &str) -> Value {
    let read = |part: Option<&RawValue>| {
        part.and_then(|part| serde_json::from_str::<Value>(part.get()).ok()).unwrap_or_default()
    };
    serde_json::from_str::<Parts<'_>>(text).map_or(Value::Null, |parts| {
        serde_json::json!({
            "eventSource": read(parts.event_source),
            "requestParameters": read(parts.request_parameters),
            "responseElements": read(parts.response_elements),
            "resources": read(parts.resources),
        })
    })
}

/// True if the call had no error. A failed console sign-in has no `errorCode`: `responseElements` says so.
pub(super) fn succeeded(event_name: &str, error_code: &str, event: &Value) -> bool {
    let failed_sign_in = event_name == "ConsoleLogin"
        && event.pointer("/responseElements/ConsoleLogin").and_then(Value::as_str) == Some("Failure");
    error_code.is_empty() && !failed_sign_in
}

/// Members of `requestParameters` by how closely they name the object; the first that is there wins.
const REQUEST: &[(&str, &str)] = &[
    ("/groupId", "security group"),
    ("/ModifySecurityGroupRulesRequest/GroupId", "security group"),
    ("/bucketName", "bucket"),
    ("/userName", "user"),
    ("/roleName", "role"),
    ("/groupName", "group"),
    ("/policyArn", "policy"),
    ("/policyName", "policy"),
    ("/keyId", "key"),
    ("/secretId", "secret"),
    ("/functionName", "function"),
    ("/logGroupName", "log group"),
    ("/detectorId", "detector"),
    ("/dBInstanceIdentifier", "database"),
    ("/dBClusterIdentifier", "database cluster"),
    ("/dBSnapshotIdentifier", "database snapshot"),
    ("/snapshotId", "snapshot"),
    ("/imageId", "image"),
    ("/instanceId", "instance"),
    ("/instancesSet/items/0/instanceId", "instance"),
    ("/networkAclId", "network ACL"),
    ("/routeTableId", "route table"),
    ("/internetGatewayId", "internet gateway"),
    ("/vpcId", "VPC"),
    ("/trailName", "trail"),
    ("/roleArn", "role"),
    ("/documentName", "document"),
    ("/target", "instance"),
    ("/topicArn", "topic"),
    ("/queueUrl", "queue"),
    ("/tableName", "table"),
    ("/repositoryName", "repository"),
    ("/clusterName", "cluster"),
    ("/configurationRecorderName", "configuration recorder"),
    ("/deliveryChannelName", "delivery channel"),
    ("/serialNumber", "MFA device"),
    ("/accessKeyId", "access key"),
    ("/policyId", "policy"),
    ("/accountId", "account"),
    ("/stackName", "stack"),
];

/// Members of `responseElements`, for what a call created.
const RESPONSE: &[(&str, &str)] = &[
    ("/groupId", "security group"),
    ("/instancesSet/items/0/instanceId", "instance"),
    ("/keyMetadata/keyId", "key"),
    ("/vpc/vpcId", "VPC"),
];

/// Returns the target of an event, if the event names one.
pub(crate) fn of(event: &Value) -> Option<Target> {
    let found = |part: &str, table: &'static [(&str, &str)]| {
        table.iter().find_map(|(path, kind)| {
            let name = event.get(part)?.pointer(path)?.as_str().filter(|name| !name.is_empty())?;
            Some(Target { kind, name: name.to_owned() })
        })
    };
    found("requestParameters", REQUEST)
        .or_else(|| named(event))
        .or_else(|| found("responseElements", RESPONSE))
        .or_else(|| {
            let arn = event.pointer("/resources/0/ARN")?.as_str()?;
            Some(Target { kind: "resource", name: arn.to_owned() })
        })
}

/// `name` means another thing in each service.
fn named(event: &Value) -> Option<Target> {
    let name = event.pointer("/requestParameters/name")?.as_str().filter(|name| !name.is_empty())?;
    let kind = match event.get("eventSource").and_then(Value::as_str).unwrap_or_default() {
        "cloudtrail.amazonaws.com" => "trail",
        "eks.amazonaws.com" => "cluster",
        "ssm.amazonaws.com" => "parameter",
        "events.amazonaws.com" => "rule",
        _ => "resource",
    };
    Some(Target { kind, name: name.to_owned() })
}
