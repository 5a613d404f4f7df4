//! The organisation: its accounts, who works in them, from where, and what they own. A pure function of the options.
//!
//! Cardinalities follow published trails, scaled up: a dozen principals and as many addresses an account, a few dozen
//! resources of a kind. Addresses are of the documentation ranges and of private ones: nobody real is named.

use std::sync::Arc;

use crate::actor::{self, Actor};
use crate::json;
use crate::options::Options;
use crate::rng::{self, Rng};

/// Regions, the home of the global services first.
const REGIONS: [&str; 16] = [
    "us-east-1",
    "eu-west-1",
    "eu-central-1",
    "us-west-2",
    "ap-southeast-2",
    "us-east-2",
    "eu-north-1",
    "ap-northeast-1",
    "sa-east-1",
    "ca-central-1",
    "eu-west-2",
    "eu-west-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-northeast-2",
    "us-west-1",
];
const ROLES: [&str; 12] = [
    "orders-api",
    "ci-deployer",
    "eks-node",
    "etl-nightly",
    "billing-export",
    "search-indexer",
    "edge-router",
    "inventory-sync",
    "image-resizer",
    "metrics-agent",
    "payments-worker",
    "terraform",
];
const PEOPLE: [&str; 8] =
    ["a.lindqvist", "b.okafor", "c.moreau", "d.tanaka", "e.svoboda", "f.almeida", "g.novak", "h.obrien"];
/// What calls the APIs, as it names itself.
pub(crate) const AGENTS: [&str; 8] = [
    "aws-sdk-go-v2/1.41.0 ua/2.1 os/linux lang/go#1.25.5 md/GOOS#linux md/GOARCH#arm64 exec-env/AWS_ECS_FARGATE m/E,g",
    "Boto3/1.42.11 md/Botocore#1.42.11 ua/2.1 os/linux#6.12.58-82.121.amzn2023.x86_64 md/arch#x86_64 lang/python#3.13.11 md/pyimpl#CPython m/Z,b,D,n cfg/retry-mode#standard Botocore/1.42.11",
    "APN/1.0 HashiCorp/1.0 Terraform/1.14.2 (+https://www.terraform.io) terraform-provider-aws/6.28.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.41.0 ua/2.1 os/linux lang/go#1.25.5 m/n",
    "aws-sdk-java/2.40.9 md/io#sync md/http#Apache ua/2.1 os/Linux#5.10.245 lang/java#21.0.9 md/OpenJDK_64-Bit_Server_VM#21.0.9+10-LTS md/vendor#Amazon.com_Inc. md/en_US exec-env/AWS_Lambda_java21 m/D,N",
    "aws-cli/2.32.21 md/awscrt#0.29.2 ua/2.1 os/linux#6.8.0-90-generic md/arch#x86_64 lang/python#3.13.11 md/pyimpl#CPython m/b,G,Z cfg/retry-mode#standard md/installer#exe md/distrib#ubuntu.24 md/prompt#off md/command#sts.get-caller-identity",
    "aws-sdk-js/3.958.0 ua/2.1 os/linux#5.10.245-245.983.amzn2.x86_64 lang/js md/nodejs#24.11.1 api/dynamodb#3.958.0 exec-env/AWS_Lambda_nodejs24.x m/T,E",
    "kube-controller-manager/v1.34.2 aws-sdk-go/1.55.8 (go1.24.9; linux; amd64)",
    "amazon-ssm-agent/3.3.3572.0 aws-sdk-go/1.55.5 (go1.24.4; linux; arm64)",
];
/// A person's browser.
pub(crate) const BROWSER: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
const SERVICES: [&str; 6] = [
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "ec2.amazonaws.com",
    "lambda.amazonaws.com",
    "ssm.amazonaws.com",
    "delivery.logs.amazonaws.com",
];

/// The organisation.
#[derive(Debug)]
pub struct Org {
    /// `o-` and ten characters.
    pub(crate) id: String,
    /// Its management account owns the trail's log group.
    pub(crate) owner: Arc<str>,
    pub(crate) log_group: String,
    pub(crate) accounts: Vec<Account>,
    pub(crate) regions: &'static [&'static str],
}

/// One account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: Arc<str>,
    /// Who calls from outside, the busy ones first.
    pub(crate) callers: Vec<Actor>,
    /// Services that act on their own behalf.
    pub(crate) services: Vec<Actor>,
    /// What its resources' names are drawn from.
    pub(crate) seed: u64,
}

impl Org {
    /// The organisation of a corpus with these options.
    pub fn new(options: &Options) -> Self {
        let mut rng = Rng::keyed(options.seed, 0x0096, 0);
        let (mut id, mut mark) = ("o-".to_owned(), String::new());
        rng.hex(&mut id, 10);
        rng.hex(&mut mark, 8);
        let accounts: Vec<Account> = (0..options.accounts).map(|n| account(options.seed, n)).collect();
        let owner = Arc::clone(&accounts[0].id);
        let regions = REGIONS.get(..options.regions as usize).unwrap_or(&REGIONS);
        Self { id, log_group: format!("aws-cloudtrail-logs-{owner}-{mark}"), owner, accounts, regions }
    }

    /// The account that owns what an account calls for elsewhere.
    pub(crate) fn other(&self, account: usize) -> &Account {
        &self.accounts[(account + 1) % self.accounts.len()]
    }

    /// The log stream of an account and a region.
    pub(crate) fn stream(&self, account: &str, region: &str) -> String {
        format!("{}_{account}_CloudTrail_{region}", self.id)
    }
}

fn account(seed: u64, n: u32) -> Account {
    let mut rng = Rng::keyed(seed, 0xACC0, u64::from(n));
    // The index is part of the number, so no two accounts are one.
    let id: Arc<str> = format!("{}{:04}{:05}", 2 + rng.below(7), n, rng.below(100_000)).as_str().into();
    let id: Arc<str> = format!("{id}{:02}", rng.below(100)).as_str().into();
    let callers = (0..12 + rng.below(3)).map(|at| caller(&mut rng, &id, n, at)).collect();
    let services = SERVICES.iter().map(|host| Actor::service(host)).collect();
    Account { id, callers, services, seed: rng::hash(seed, u64::from(n)) }
}

/// The first callers are roles of software, then people, then what is rare.
fn caller(rng: &mut Rng, account: &Arc<str>, n: u32, at: u32) -> Actor {
    let ip = match at % 3 {
        0 => format!("10.{}.{}.{}", n % 250, at, 4 + rng.below(250)),
        1 => format!("198.51.100.{}", rng.below(256)),
        _ => format!("100.64.{}.{}", n % 250, 4 + rng.below(250)),
    };
    let agent = AGENTS[((at + n) % 8) as usize];
    let person = PEOPLE[((at + n) % 8) as usize];
    let role = ROLES[((at + n * 5) % 12) as usize];
    match at {
        4 => Actor::sso(rng, account, "Engineer", &format!("{person}@example.com")).at(&ip, BROWSER),
        5 => Actor::user(rng, account, person).at(&ip, agent),
        6 => Actor::sso(rng, account, "ReadOnly", &format!("{person}@example.com")).at(&ip, agent),
        8 => web_identity(rng, account, role).at(&ip, agent),
        9 => center_user(rng, account).at(&ip, BROWSER),
        10 => {
            let mut inside = linked(rng, account);
            inside.outside = false;
            inside
        }
        11 => Actor::root(account, false, Some("AWS Internal")).at("AWS Internal", "AWS Internal"),
        _ => {
            let mut session = "i-0".to_owned();
            rng.hex(&mut session, 16);
            Actor::role(rng, account, role, &session).at(&ip, agent)
        }
    }
}

/// A service's own role in the account: the service is its address and its user agent.
fn linked(rng: &mut Rng, account: &Arc<str>) -> Actor {
    const HOST: &str = "inspector2.amazonaws.com";
    Actor::role(rng, account, "AWSServiceRoleForAmazonInspector2", "Inspector2Session").at(HOST, HOST)
}

/// A pod or a pipeline that exchanged a token.
fn web_identity(rng: &mut Rng, account: &Arc<str>, role: &str) -> Actor {
    let provider = format!("arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com");
    let text = json::object(|j| {
        j.str("type", "WebIdentityUser");
        j.str(
            "principalId",
            &format!("{provider}:sts.amazonaws.com:repo:example/{role}:ref:refs/heads/main"),
        );
        j.str("userName", &format!("repo:example/{role}:ref:refs/heads/main"))
            .str("identityProvider", &provider);
    });
    let _ = rng.next();
    Actor::other(&provider, role, &text)
}

/// A person of IAM Identity Center as its own events name them: no ARN, no access key.
fn center_user(rng: &mut Rng, account: &Arc<str>) -> Actor {
    let (mut user, mut credential) = (String::new(), String::new());
    rng.uuid(&mut user);
    rng.uuid(&mut credential);
    let text = json::object(|j| {
        j.str("type", "IdentityCenterUser").str("accountId", account);
        j.object("onBehalfOf", |j| {
            j.str("userId", &user).str(
                "identityStoreArn",
                &format!("arn:aws:identitystore::{account}:identitystore/d-9067642ac7"),
            );
        });
        j.str("credentialId", &credential);
    });
    Actor::other("-", "center", &text)
}

/// An identifier of something that the account owns; one of `of` such things. The same index is the same thing.
pub(crate) fn owned(out: &mut String, account: &Account, what: u64, index: u32, digits: usize) {
    Rng::keyed(account.seed, what, u64::from(index)).hex(out, digits);
}

/// The user's name in an identity that is drawn elsewhere.
pub(crate) fn role_name(index: u32) -> &'static str {
    ROLES[(index % 12) as usize]
}

/// The id of a role, as `principalId` has it.
pub(crate) fn role_id(rng: &mut Rng) -> String {
    actor::unique(rng, "AROA")
}
