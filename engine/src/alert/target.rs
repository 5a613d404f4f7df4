//! What an API call was aimed at: each service names it in a member of its own.

use serde_json::Value;

/// What was acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) kind: &'static str,
    pub(super) name: String,
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

/// The target of an event, if it names one.
pub(super) fn of(event: &Value) -> Option<Target> {
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
