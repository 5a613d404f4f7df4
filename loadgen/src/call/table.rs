//! Which calls there are and how often (a table): the mixture of published trails, flattened for an organisation.
//!
//! Weights are relative; a call's share is its weight over the sum of all.

use crate::call::{Body, Call, What, compute, crypto, data};
use crate::rng::Rng;

/// Calls are drawn from a table of so many slots: one look-up instead of a search.
const SLOTS: u32 = 16_384;

/// The mixture, ready to draw from.
#[derive(Debug)]
pub(crate) struct Mix {
    slots: Vec<&'static Call>,
}

impl Mix {
    pub(crate) fn new() -> Self {
        let total: u32 = CALLS.iter().map(|call| u32::from(call.weight)).sum();
        let mut slots = Vec::with_capacity(SLOTS as usize);
        let mut sum = 0;
        for call in CALLS {
            sum += u32::from(call.weight);
            slots.resize((sum * SLOTS / total) as usize, call);
        }
        Self { slots }
    }

    pub(crate) fn draw(&self, rng: &mut Rng) -> &'static Call {
        self.slots[rng.below(SLOTS) as usize]
    }
}

const fn call(service: &'static str, name: &'static str, weight: u16, body: Body) -> Call {
    Call { service, name, weight, by_service: (0, 0), body }
}

const fn partly(
    service: &'static str,
    name: &'static str,
    weight: u16,
    by: (u32, usize),
    body: Body,
) -> Call {
    Call { service, name, weight, by_service: by, body }
}

/// Every call of the background.
#[rustfmt::skip]
pub(crate) static CALLS: &[Call] = &[
    partly("sts", "AssumeRole", 170, (55, 2), Body::Own(crypto::assume_role)),
    call("sts", "AssumeRoleWithWebIdentity", 15, Body::Own(crypto::assume_role_with_web_identity)),
    call("sts", "GetCallerIdentity", 150, Body::Null),
    partly("kms", "Decrypt", 1150, (10, 0), Body::Own(crypto::decrypt)),
    partly("kms", "GenerateDataKey", 700, (50, 0), Body::Own(crypto::data_key)),
    call("kms", "Encrypt", 60, Body::Own(crypto::decrypt)),
    call("kms", "DescribeKey", 70, Body::One("keyId", What::Key)),
    call("kms", "ListAliases", 30, Body::Page("limit")),
    call("kms", "CreateKey", 6, Body::Own(crypto::create_key)),
    partly("kms", "RotateKey", 2, (100, 0), Body::Own(crypto::rotate_key)),
    call("s3", "GetObject", 480, Body::Own(data::get_object)),
    partly("s3", "PutObject", 470, (40, 5), Body::Own(data::put_object)),
    call("s3", "HeadObject", 90, Body::Own(data::get_object)),
    call("s3", "ListObjects", 90, Body::Own(data::bucket)),
    partly("s3", "GetBucketAcl", 250, (90, 0), Body::Own(data::bucket)),
    call("s3", "GetBucketLocation", 40, Body::Own(data::bucket)),
    call("s3", "GetBucketPolicy", 20, Body::Own(data::bucket)),
    call("s3", "GetBucketVersioning", 15, Body::Own(data::bucket)),
    call("s3", "GetBucketLogging", 15, Body::Own(data::bucket)),
    call("s3", "GetBucketPolicyStatus", 12, Body::Own(data::bucket)),
    call("s3", "GetBucketPublicAccessBlock", 12, Body::Own(data::bucket)),
    call("s3", "GetBucketTagging", 10, Body::Own(data::bucket)),
    call("s3", "GetBucketEncryption", 12, Body::Own(data::bucket)),
    call("s3", "GetBucketReplication", 6, Body::Own(data::bucket)),
    call("s3", "GetBucketLifecycle", 6, Body::Own(data::bucket)),
    call("s3", "HeadBucket", 50, Body::Own(data::bucket)),
    call("s3", "PutBucketTagging", 8, Body::Own(data::tag_bucket)),
    call("s3", "ListBuckets", 30, Body::Null),
    call("ec2", "DescribeInstances", 330, Body::Set("instancesSet", "instanceId", What::Instance)),
    call("ec2", "DescribeSecurityGroups", 220, Body::Set("securityGroupIdSet", "groupId", What::Group)),
    call("ec2", "DescribeRouteTables", 180, Body::Filters),
    call("ec2", "DescribeSubnets", 130, Body::Filters),
    call("ec2", "DescribeVpcs", 110, Body::Filters),
    call("ec2", "DescribeNetworkInterfaces", 190, Body::Filters),
    call("ec2", "DescribeVolumes", 140, Body::Set("volumeSet", "volumeId", What::Volume)),
    call("ec2", "DescribeSnapshots", 40, Body::Filters),
    call("ec2", "DescribeImages", 40, Body::Filters),
    call("ec2", "DescribeAvailabilityZones", 50, Body::Filters),
    call("ec2", "DescribeInstanceStatus", 110, Body::Set("instancesSet", "instanceId", What::Instance)),
    call("ec2", "DescribeInstanceAttribute", 40, Body::One("instanceId", What::Instance)),
    call("ec2", "DescribeTags", 110, Body::Filters),
    call("ec2", "DescribeAddresses", 40, Body::Filters),
    call("ec2", "DescribeNatGateways", 30, Body::Filters),
    call("ec2", "DescribeNetworkAcls", 30, Body::Filters),
    call("ec2", "DescribeFlowLogs", 15, Body::Null),
    call("ec2", "DescribeVpcEndpoints", 25, Body::Filters),
    call("ec2", "DescribeInternetGateways", 20, Body::Filters),
    call("ec2", "DescribeLaunchTemplates", 30, Body::Filters),
    call("ec2", "DescribeVpcAttribute", 25, Body::One("vpcId", What::Vpc)),
    call("ec2", "DescribeRegions", 60, Body::Null),
    call("ec2", "DescribeInstanceTypes", 25, Body::Filters),
    call("ec2", "DescribeVpcPeeringConnections", 12, Body::Filters),
    call("ec2", "DescribeTransitGateways", 10, Body::Filters),
    call("ec2", "DescribeKeyPairs", 12, Body::Null),
    call("ec2", "DescribeSpotPriceHistory", 10, Body::Filters),
    call("ec2", "RunInstances", 24, Body::Own(compute::run_instances)),
    call("ec2", "TerminateInstances", 20, Body::Set("instancesSet", "instanceId", What::Instance)),
    call("ec2", "CreateTags", 50, Body::Own(compute::create_tags)),
    call("ec2", "CreateSnapshot", 12, Body::One("volumeId", What::Volume)),
    call("ec2", "CreateNetworkInterface", 10, Body::One("vpcId", What::Vpc)),
    call("iam", "GetUser", 90, Body::Null),
    call("iam", "GetRole", 130, Body::One("roleName", What::Role)),
    call("iam", "ListRoles", 60, Body::Page("maxResults")),
    call("iam", "ListUsers", 20, Body::Page("maxResults")),
    call("iam", "ListPolicies", 15, Body::Page("maxResults")),
    call("iam", "GetPolicy", 20, Body::Null),
    call("iam", "ListAttachedRolePolicies", 70, Body::One("roleName", What::Role)),
    call("iam", "ListRolePolicies", 60, Body::One("roleName", What::Role)),
    call("iam", "GetRolePolicy", 30, Body::One("roleName", What::Role)),
    call("iam", "ListInstanceProfilesForRole", 15, Body::One("roleName", What::Role)),
    call("iam", "ListAccessKeys", 15, Body::Null),
    call("iam", "GetAccountSummary", 8, Body::Null),
    call("iam", "ListMFADevices", 8, Body::Null),
    call("iam", "GetAccountPasswordPolicy", 5, Body::Null),
    call("iam", "GenerateCredentialReport", 3, Body::Null),
    call("iam", "GetInstanceProfile", 15, Body::Null),
    call("iam", "CreateRole", 6, Body::Own(compute::create_role)),
    call("iam", "TagRole", 4, Body::One("roleName", What::Role)),
    call("ssm", "GetParameter", 230, Body::One("name", What::Parameter)),
    call("ssm", "GetParameters", 60, Body::One("names", What::Parameter)),
    call("ssm", "GetParametersByPath", 50, Body::One("path", What::Parameter)),
    call("ssm", "DescribeParameters", 60, Body::Page("maxResults")),
    call("ssm", "DescribeInstanceInformation", 60, Body::Page("maxResults")),
    call("ssm", "ListCommands", 15, Body::Page("maxResults")),
    call("ssm", "UpdateInstanceInformation", 60, Body::One("instanceId", What::Instance)),
    call("ssm", "ListTagsForResource", 60, Body::One("resourceId", What::Parameter)),
    call("secretsmanager", "GetSecretValue", 150, Body::One("secretId", What::Secret)),
    call("secretsmanager", "DescribeSecret", 50, Body::One("secretId", What::Secret)),
    call("secretsmanager", "ListSecrets", 15, Body::Page("maxResults")),
    call("lambda", "ListFunctions20150331", 50, Body::Page("maxResults")),
    call("lambda", "GetFunction20150331v2", 60, Body::One("functionName", What::Function)),
    call("lambda", "ListTags20170331", 30, Body::One("resource", What::Function)),
    call("lambda", "GetPolicy20150331v2", 15, Body::One("functionName", What::Function)),
    call("lambda", "ListEventSourceMappings20150331", 15, Body::One("functionName", What::Function)),
    call("logs", "DescribeLogGroups", 110, Body::Page("maxResults")),
    call("logs", "DescribeLogStreams", 70, Body::One("logGroupName", What::LogGroup)),
    call("logs", "CreateLogStream", 55, Body::One("logGroupName", What::LogGroup)),
    call("logs", "DescribeMetricFilters", 20, Body::One("logGroupName", What::LogGroup)),
    call("logs", "CreateLogGroup", 6, Body::One("logGroupName", What::LogGroup)),
    call("monitoring", "DescribeAlarms", 70, Body::Page("maxResults")),
    call("monitoring", "ListMetrics", 30, Body::Page("maxResults")),
    call("dynamodb", "DescribeTable", 80, Body::One("tableName", What::Table)),
    call("dynamodb", "ListTables", 15, Body::Page("maxResults")),
    call("dynamodb", "DescribeTimeToLive", 15, Body::One("tableName", What::Table)),
    call("rds", "DescribeDBInstances", 60, Body::Page("maxResults")),
    call("rds", "DescribeDBClusters", 25, Body::Page("maxResults")),
    call("rds", "ListTagsForResource", 20, Body::Null),
    call("elasticloadbalancing", "DescribeTargetHealth", 90, Body::Page("maxResults")),
    call("elasticloadbalancing", "DescribeLoadBalancers", 60, Body::Page("maxResults")),
    call("elasticloadbalancing", "DescribeTargetGroups", 40, Body::Page("maxResults")),
    call("autoscaling", "DescribeAutoScalingGroups", 70, Body::Page("maxResults")),
    call("autoscaling", "DescribeAutoScalingInstances", 30, Body::Page("maxResults")),
    call("ecs", "DescribeServices", 50, Body::One("cluster", What::Cluster)),
    call("ecs", "DescribeTasks", 40, Body::One("cluster", What::Cluster)),
    call("ecs", "ListTasks", 30, Body::One("cluster", What::Cluster)),
    call("eks", "DescribeCluster", 40, Body::One("name", What::Cluster)),
    call("eks", "ListNodegroups", 12, Body::One("name", What::Cluster)),
    call("ecr", "GetAuthorizationToken", 60, Body::Null),
    call("ecr", "BatchGetImage", 50, Body::One("repositoryName", What::Role)),
    call("ecr", "GetDownloadUrlForLayer", 50, Body::One("repositoryName", What::Role)),
    call("cloudformation", "DescribeStacks", 50, Body::One("stackName", What::Stack)),
    call("cloudformation", "DescribeStackEvents", 20, Body::One("stackName", What::Stack)),
    call("cloudformation", "ListStacks", 10, Body::Page("maxResults")),
    call("sqs", "GetQueueAttributes", 30, Body::One("queueUrl", What::Queue)),
    call("sqs", "ListQueues", 8, Body::Page("maxResults")),
    call("sns", "ListTopics", 10, Body::Null),
    call("sns", "GetTopicAttributes", 12, Body::Null),
    call("config", "DescribeConfigRules", 20, Body::Page("maxResults")),
    call("config", "DescribeConfigurationRecorders", 10, Body::Null),
    call("config", "PutEvaluations", 20, Body::Null),
    call("guardduty", "ListDetectors", 12, Body::Null),
    call("guardduty", "GetDetector", 10, Body::Null),
    call("securityhub", "GetFindings", 12, Body::Page("maxResults")),
    call("securityhub", "BatchImportFindings", 8, Body::Null),
    call("cloudtrail", "DescribeTrails", 20, Body::Null),
    call("cloudtrail", "GetTrailStatus", 15, Body::Null),
    call("cloudtrail", "GetEventSelectors", 6, Body::Null),
    call("organizations", "DescribeOrganization", 15, Body::Null),
    call("organizations", "ListAccounts", 10, Body::Page("maxResults")),
    call("route53", "ListHostedZones", 10, Body::Null),
    call("route53", "ListResourceRecordSets", 15, Body::Page("maxResults")),
    call("es", "DescribeElasticsearchDomain", 12, Body::One("domainName", What::Domain)),
    call("tagging", "GetResources", 25, Body::Page("maxResults")),
    call("health", "DescribeEventAggregates", 15, Body::Null),
    call("ce", "GetCostAndUsage", 5, Body::Null),
    call("backup", "ListBackupJobs", 8, Body::Page("maxResults")),
    call("athena", "GetQueryExecution", 30, Body::Null),
    call("glue", "GetTable", 40, Body::One("name", What::Table)),
    call("servicequotas", "ListServiceQuotas", 5, Body::Page("maxResults")),
    call("sso", "ListApplications", 10, Body::Null),
    call("cloudtrail", "LookupEvents", 12, Body::Own(compute::lookup_events)),
    call("ssm", "PutParameter", 20, Body::Own(compute::put_parameter)),
    call("ecs", "RegisterTaskDefinition", 10, Body::Own(compute::register_task)),
    call("ecs", "UpdateService", 8, Body::One("cluster", What::Cluster)),
    call("monitoring", "PutDashboard", 3, Body::Own(compute::put_dashboard)),
    call("monitoring", "PutMetricAlarm", 12, Body::Null),
    call("lambda", "UpdateFunctionCode20150331v2", 12, Body::Own(compute::update_function)),
    call("cloudfront", "CreateInvalidation2020_05_31", 4, Body::Null),
    call("autoscaling", "SetDesiredCapacity", 6, Body::Null),
    call("signin", "ConsoleLogin", 6, Body::Own(compute::console_login)),
];
