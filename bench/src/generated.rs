//! Rules of the shapes that public sets have, as many as wanted, in the languages of those who are compared. Seeded: the same number is
//! always the same rules.

use std::fmt::Write;

/// A set of generated rules.
pub(crate) struct Generated {
    pub(crate) rules: Vec<Rule>,
}

/// One rule: selections, and how they are joined.
pub(crate) struct Rule {
    id: String,
    selections: Vec<(&'static str, Vec<Test>)>,
    condition: &'static str,
}

/// One test of a selection, all of which must hold.
struct Test {
    field: &'static str,
    how: How,
    /// Any of them.
    values: Vec<String>,
}

#[derive(Clone, Copy)]
enum How {
    Equals,
    Contains,
    StartsWith,
    EndsWith,
}

/// Where public rules look.
const CALLS: &[(&str, &[&str])] = &[
    (
        "iam",
        &[
            "CreateUser",
            "CreateAccessKey",
            "AttachUserPolicy",
            "PutUserPolicy",
            "CreateLoginProfile",
            "UpdateLoginProfile",
            "DeleteUserPolicy",
            "CreatePolicyVersion",
            "SetDefaultPolicyVersion",
            "AddUserToGroup",
            "UpdateAssumeRolePolicy",
            "CreateSAMLProvider",
            "DeactivateMFADevice",
        ],
    ),
    (
        "ec2",
        &[
            "AuthorizeSecurityGroupIngress",
            "CreateKeyPair",
            "ModifyImageAttribute",
            "ModifySnapshotAttribute",
            "DisableEbsEncryptionByDefault",
            "CreateVolume",
            "RunInstances",
            "TerminateInstances",
            "CreateRoute",
            "DeleteFlowLogs",
            "CreateTrafficMirrorSession",
            "GetPasswordData",
            "ModifyInstanceAttribute",
        ],
    ),
    (
        "s3",
        &[
            "PutBucketPolicy",
            "PutBucketAcl",
            "DeleteBucket",
            "PutBucketLogging",
            "PutBucketReplication",
            "DeleteBucketPolicy",
            "PutBucketWebsite",
            "PutEncryptionConfiguration",
            "GetObject",
            "ListBuckets",
        ],
    ),
    ("cloudtrail", &["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"]),
    ("kms", &["DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy", "Decrypt"]),
    ("sts", &["GetSessionToken", "AssumeRole", "GetCallerIdentity", "GetFederationToken"]),
    ("guardduty", &["DeleteDetector", "UpdateDetector", "CreateIPSet"]),
    ("lambda", &["CreateFunction20150331", "UpdateFunctionCode20150331v2", "AddPermission20150331v2"]),
    ("rds", &["ModifyDBInstance", "RestoreDBInstanceFromDBSnapshot", "DeleteDBCluster", "CreateDBSnapshot"]),
    ("secretsmanager", &["GetSecretValue", "DeleteSecret", "PutResourcePolicy"]),
    ("config", &["DeleteDeliveryChannel", "StopConfigurationRecorder", "DeleteConfigRule"]),
    ("signin", &["ConsoleLogin", "SwitchRole"]),
    ("ssm", &["SendCommand", "StartSession", "GetParameter"]),
    ("eks", &["CreateCluster", "DeleteCluster", "AssociateAccessPolicy"]),
];

const AGENTS: &[&str] = &[
    "kali",
    "pacu",
    "TruffleHog",
    "stratus",
    "Boto3/1.9",
    "ScoutSuite",
    "prowler",
    "nmap",
    "sqlmap",
    "curl/",
];
const ERRORS: &[&str] =
    &["AccessDenied", "Client.UnauthorizedOperation", "NoSuchBucket", "ThrottlingException", "Failed"];
const TARGETS: &[(&str, &str)] = &[
    ("requestParameters.userName", "admin"),
    ("requestParameters.roleName", "OrganizationAccountAccessRole"),
    ("requestParameters.policyArn", "AdministratorAccess"),
    ("requestParameters.bucketName", "backup"),
    ("requestParameters.instanceType", "p4d"),
    ("requestParameters.name", "prod"),
    ("requestParameters.keyId", "alias/aws"),
    ("requestParameters.groupId", "sg-0"),
];

/// So many rules are of calls as they are; who has ten thousand has the others for ten thousand things.
const OF_CALLS: usize = 100;

/// Numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

impl Generated {
    pub(crate) fn of(count: usize) -> Self {
        let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
        Self { rules: (0..count).map(|n| Rule::new(n, &mut numbers)).collect() }
    }
}

impl Rule {
    fn new(n: usize, numbers: &mut Numbers) -> Self {
        let (source, names) = numbers.pick(CALLS);
        let (name, other) = (numbers.pick(names), numbers.pick(names));
        let part = if n < OF_CALLS { String::new() } else { format!("-{n}") };
        let (agent, error) = (numbers.pick(AGENTS), numbers.pick(ERRORS));
        let (target, value) = numbers.pick(TARGETS);
        let test = |field, how, values: &[String]| Test { field, how, values: values.to_vec() };
        let equals = |field, value: String| test(field, How::Equals, &[value]);
        let call = || {
            vec![
                equals("eventSource", format!("{source}.amazonaws.com")),
                equals("eventName", name.to_owned()),
            ]
        };
        let with = |more: Test| call().into_iter().chain([more]).collect::<Vec<_>>();
        let (selections, condition) = match numbers.below(20) {
            0..=6 => (
                vec![("s", call()), ("t", vec![test(target, How::Contains, &[format!("{value}{part}")])])],
                "s and t",
            ),
            7 | 8 => {
                let names = [format!("{name}{part}"), format!("{other}{part}")];
                (vec![("s", vec![test("eventName", How::Equals, &names)])], "s")
            }
            9 | 10 => (vec![("s", with(test("errorCode", How::Contains, &[format!("{error}{part}")])))], "s"),
            11 | 12 => {
                (vec![("s", vec![test("userAgent", How::Contains, &[format!("{agent}{part}")])])], "s")
            }
            13 => {
                let begins = format!("{}{part}", &name[..name.len() - 2]);
                let by_service = equals("userIdentity.type", "AWSService".to_owned());
                (
                    vec![("s", vec![test("eventName", How::StartsWith, &[begins])]), ("f", vec![by_service])],
                    "s and not f",
                )
            }
            14 => {
                let role = test("userIdentity.arn", How::Contains, &[format!(":assumed-role/Deploy{part}")]);
                let rare = equals(
                    "awsRegion",
                    if n < OF_CALLS { "us-east-1".to_owned() } else { format!("xx-{n}") },
                );
                (vec![("s", with(rare)), ("f", vec![role])], "s and not f")
            }
            15 => {
                let ends = test("userIdentity.arn", How::EndsWith, &[format!("/{value}{part}")]);
                (vec![("s", vec![ends, equals("eventSource", format!("{source}.amazonaws.com"))])], "s")
            }
            16 => {
                let user = equals("userIdentity.type", "IAMUser".to_owned());
                (vec![("s", vec![equals("errorCode", format!("{error}{part}")), user])], "s")
            }
            17 => (vec![("s", with(equals("userIdentity.type", "Root".to_owned())))], "s"),
            18 => (
                vec![(
                    "s",
                    vec![equals(target, format!("{value}{part}")), equals("eventName", name.to_owned())],
                )],
                "s",
            ),
            _ => {
                let network = format!("185.{}.{}.", numbers.below(256), numbers.below(256));
                let source = equals("eventSource", format!("{source}.amazonaws.com"));
                (vec![("s", vec![test("sourceIPAddress", How::StartsWith, &[network]), source])], "s")
            }
        };
        Self { id: format!("bench-{n}"), selections, condition }
    }

    /// As a Sigma document.
    pub(crate) fn sigma(&self) -> String {
        let mut text = format!(
            "title: Generated {id}\nid: {id}\nstatus: test\nlevel: medium\nlogsource:\n  product: aws\n  service: cloudtrail\ndetection:\n",
            id = self.id
        );
        for (name, tests) in &self.selections {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name}:");
            for Test { field, how, values } in tests {
                let modifier = match how {
                    How::Equals => "",
                    How::Contains => "|contains",
                    How::StartsWith => "|startswith",
                    How::EndsWith => "|endswith",
                };
                let _ = writeln!(text, "    {field}{modifier}:");
                values.iter().for_each(|value| {
                    let _ = writeln!(text, "      - '{value}'");
                });
            }
        }
        let _ = writeln!(text, "  condition: {}", self.condition);
        text
    }

    /// As tau-engine writes it.
    pub(crate) fn tau(&self) -> String {
        let mut text = String::from("detection:\n");
        for (name, tests) in &self.selections {
            let _ = writeln!(text, "  {name}:");
            for Test { field, how, values } in tests {
                let _ = writeln!(text, "    {field}:");
                for value in values {
                    let value = match how {
                        How::Equals => format!("i{value}"),
                        How::Contains => format!("i*{value}*"),
                        How::StartsWith => format!("i{value}*"),
                        How::EndsWith => format!("i*{value}"),
                    };
                    let _ = writeln!(text, "    - '{value}'");
                }
            }
        }
        let _ = writeln!(text, "  condition: {}\ntrue_positives: []\ntrue_negatives: []", self.condition);
        text
    }
}
