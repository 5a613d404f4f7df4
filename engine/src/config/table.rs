//! Every setting there is (a table): parsing, checks, defaults, `show`, the schema and the commented file all read it.
//!
//! Units stand last in names. A new section is new lines here, and a reader in `meant.rs`. Invariant: no default, bound or
//! word of help is written anywhere else.

use super::form::Form;
use super::kind::Kind;

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// `store`; for every `[sink.NAME]`: `sink`.
    pub section: &'static str,
    /// Its name in the section.
    pub name: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// What holds when nothing does.
    pub preset: Preset,
    /// The types of sink that have it; empty: every section of this name.
    pub sinks: &'static [&'static str],
    /// What it is for.
    pub help: &'static str,
}

/// What holds when a setting is not written.
#[derive(Debug, Clone, Copy)]
pub enum Preset {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Count(u64),
    /// A number.
    Number(f64),
    /// One for each type of sink.
    OfSink(&'static [(&'static str, Preset)]),
    /// Text.
    Text(&'static str),
    /// Texts.
    List(&'static [&'static str]),
    /// Nothing; an example, as TOML.
    Unset(&'static str),
    /// It must be written; an example, as TOML.
    Required(&'static str),
}

/// The sections, in the order in which they are shown.
pub const SECTIONS: &[(&str, &str)] = &[
    ("rules", "Which rules run."),
    (
        "kinesis",
        "The stream that `tripline run` reads. Credentials and endpoint are found as the AWS SDK finds them.",
    ),
    (
        "silence",
        "When nothing comes any more: what is usual is learned for each account and region, hour by hour.",
    ),
    (
        "heartbeat",
        "A dead man's switch: an address that is called for as long as alerts would come, and raises the alarm when it is not.",
    ),
    ("store", "The one file that holds positions, window rows, alerts and the outbox."),
    ("http", "The port: /metrics, /livez, /readyz and /api."),
    ("pipeline", "Threads and queues."),
    ("limits", "What one record may hold. What is beyond is set aside and counted."),
    ("log", "What the service says of itself, on stderr."),
    ("sink", "Where alerts go: any number of sections [sink.NAME], NAME of a-z, 0-9, `_` and `-`."),
];

/// The types of sink.
pub const SINKS: &[&str] = &["stdout", "file", "webhook", "slack", "sns", "alertmanager"];

/// Keys that people expect, and that are refused: what they hold must not stand in a file that is read aloud.
pub const SECRETS: &[(&str, &str, &str)] = &[
    ("http", "token", "use `token_file`"),
    ("heartbeat", "url", "use `url_file` or `url_env`"),
    ("sink", "url", "use `url_file` or `url_env`; Alertmanagers have `urls`"),
    ("sink", "secret", "use `secret_files` or `secret_env`"),
    ("sink", "secrets", "use `secret_files` or `secret_env`"),
    ("sink", "bearer_token", "use `bearer_token_file` or `bearer_token_env`"),
];

/// Settings of plain sections of which at most one stands there.
pub const AT_MOST_ONE_OF: &[(&str, [&str; 2])] = &[("heartbeat", ["url_file", "url_env"])];

/// Settings of which a type of sink needs exactly one.
pub const ONE_OF: &[(&str, [&str; 2])] =
    &[("webhook", ["url_file", "url_env"]), ("slack", ["url_file", "url_env"])];

/// Every setting.
pub const KEYS: &[Key] = &[
    key(
        "rules",
        "paths",
        Kind::List(Form::Path, 256),
        Preset::List(&[]),
        "Rule files, or folders of them (*.yml, *.yaml).",
    ),
    key(
        "rules",
        "packs",
        Kind::List(Form::Pack, 256),
        Preset::List(&["baseline"]),
        "Shipped packs (baseline, cis@5.0.0, threats, …) or ids of shipped rules; they run beside `paths`.",
    ),
    key(
        "rules",
        "strict",
        Kind::Flag,
        Preset::Flag(false),
        "Refuse to start when a rule is refused, instead of running the others.",
    ),
    key(
        "rules",
        "watch_s",
        Kind::Count { min: 0, max: 86_400 },
        Preset::Count(10),
        "Between two looks whether a file of `paths` has changed; then the rules are loaded again. 0: only when asked.",
    ),
    key(
        "kinesis",
        "stream",
        Kind::Text(Form::Stream),
        Preset::Unset("\"tripline\""),
        "The stream that the log group's subscription writes to: its name, or its ARN (needed in another account).",
    ),
    key(
        "kinesis",
        "region",
        Kind::Text(Form::Region),
        Preset::Unset("\"eu-west-1\""),
        "Its region. Not written: the ARN's, or as the AWS SDK finds it.",
    ),
    key(
        "kinesis",
        "log_group",
        Kind::Text(Form::LogGroup),
        Preset::Unset("\"aws-cloudtrail-logs\""),
        "The log group behind the stream, for the `backfill` command that an alert about lost records prints.",
    ),
    key(
        "kinesis",
        "start",
        Kind::Text(Form::Start),
        Preset::Text("TRIM_HORIZON"),
        "Where the very first start begins: TRIM_HORIZON, LATEST or a time. Later ones go on from the store.",
    ),
    key(
        "kinesis",
        "poll_interval_ms",
        Kind::Count { min: 200, max: 60_000 },
        Preset::Count(250),
        "Between two reads of one shard. A shard takes five reads a second, of all who read the stream together.",
    ),
    key(
        "kinesis",
        "list_interval_s",
        Kind::Count { min: 1, max: 3_600 },
        Preset::Count(60),
        "Between two looks for new shards; the end of a shard is a reason to look at once.",
    ),
    key(
        "kinesis",
        "call_timeout_s",
        Kind::Count { min: 1, max: 300 },
        Preset::Count(15),
        "How long one call may take before it is tried again. A read carries up to 10 MB.",
    ),
    key(
        "kinesis",
        "stuck_after_s",
        Kind::Count { min: 10, max: 3_600 },
        Preset::Count(60),
        "A shard that gets no answer, or does not get on, for so long is opened again and makes /readyz say no.",
    ),
    key(
        "kinesis",
        "answers_max",
        Kind::Count { min: 1, max: 1_024 },
        Preset::Count(16),
        "Answers of shards that are held at a time, up to 10 MB each: bounds memory when there is much to catch up.",
    ),
    key(
        "silence",
        "enabled",
        Kind::Flag,
        Preset::Flag(true),
        "Whether silence, and new accounts and regions, are told of.",
    ),
    key(
        "silence",
        "after_s",
        Kind::Count { min: 60, max: 86_400 },
        Preset::Count(300),
        "An account and region is silent at the earliest after so long; what is usual there can make it later.",
    ),
    key(
        "silence",
        "stream_after_s",
        Kind::Count { min: 60, max: 86_400 },
        Preset::Count(900),
        "The whole stream is silent after so long at the latest, whatever is usual.",
    ),
    key(
        "silence",
        "quiet_hours",
        Kind::List(Form::QuietHours, 64),
        Preset::List(&[]),
        "Times in UTC in which nobody is silent, such as \"Sat-Sun\" or \"Mon-Fri 22:00-06:00\".",
    ),
    key(
        "silence",
        "ignore",
        Kind::List(Form::AccountRegion, 10_000),
        Preset::List(&[]),
        "Accounts and regions that may be silent, as ACCOUNT/REGION; `*` for all of either.",
    ),
    key(
        "silence",
        "keys_max",
        Kind::Count { min: 16, max: 1_000_000 },
        Preset::Count(10_000),
        "Accounts and regions that are watched; what is beyond is counted.",
    ),
    key(
        "heartbeat",
        "url_file",
        Kind::Text(Form::SecretFile),
        Preset::Unset("\"/etc/tripline/heartbeat-url\""),
        "The file with the address: whoever knows it may call it. It is sent a GET. Neither this nor `url_env`: no heartbeat.",
    ),
    key(
        "heartbeat",
        "url_env",
        Kind::Text(Form::SecretVariable),
        Preset::Unset("\"HEARTBEAT_URL\""),
        "The environment variable with the address.",
    ),
    key(
        "heartbeat",
        "every_s",
        Kind::Count { min: 10, max: 3_600 },
        Preset::Count(60),
        "Between two calls. Let the other side wait for three of them before it raises the alarm.",
    ),
    key(
        "heartbeat",
        "sink_patience_s",
        Kind::Count { min: 60, max: 86_400 },
        Preset::Count(900),
        "While a delivery to any sink has waited for longer, no heartbeat is sent: alerts that reach nobody are none.",
    ),
    key(
        "heartbeat",
        "allow_private",
        Kind::Flag,
        Preset::Flag(false),
        "Whether the address may be a loopback, private or link-local one, and `http:`.",
    ),
    key(
        "store",
        "path",
        Kind::Text(Form::Path),
        Preset::Text("tripline.db"),
        "The SQLite file. Its folder must exist and be on a local disk.",
    ),
    key(
        "store",
        "quarantine_rows_max",
        Kind::Count { min: 0, max: 1_000_000 },
        Preset::Count(10_000),
        "Rejected records and log events that are kept to be looked at (the first 4 KiB of each); the oldest go first.",
    ),
    key(
        "store",
        "busy_timeout_ms",
        Kind::Count { min: 100, max: 60_000 },
        Preset::Count(5_000),
        "How long a commit waits for another process that writes, such as `tripline alerts ack`.",
    ),
    key(
        "store",
        "late_h",
        Kind::Count { min: 1, max: 8_760 },
        Preset::Count(24),
        "How late an event may come and still count with others. The hits of a rule are kept so long, and for its window.",
    ),
    key(
        "store",
        "closed_alerts_d",
        Kind::Count { min: 0, max: 36_500 },
        Preset::Count(90),
        "How long an alert is kept after it was closed. 0: for ever.",
    ),
    key(
        "store",
        "alerts_d",
        Kind::Count { min: 0, max: 36_500 },
        Preset::Count(400),
        "How long every other alert is kept after it opened. 0: for ever.",
    ),
    key(
        "store",
        "rule_rows_mib_max",
        Kind::Count { min: 1, max: 1 << 30 },
        Preset::Count(4_096),
        "MiB that the window rows of one rule may take in the store. Beyond that new groups of it are counted approximately.",
    ),
    key(
        "store",
        "rows_mib_max",
        Kind::Count { min: 1, max: 1 << 30 },
        Preset::Count(16_384),
        "MiB that the window rows of all rules may take in the store; beyond that it is so for rules with more than their share.",
    ),
    key(
        "http",
        "listen",
        Kind::Text(Form::Listen),
        Preset::Text("127.0.0.1:9464"),
        "Address and port. Beyond loopback only together with `token_file`.",
    ),
    key(
        "http",
        "token_file",
        Kind::Text(Form::SecretFile),
        Preset::Unset("\"/etc/tripline/token\""),
        "The file with the bearer token that /api asks for; /metrics, /livez and /readyz ask for none.",
    ),
    key(
        "http",
        "connections_max",
        Kind::Count { min: 1, max: 4_096 },
        Preset::Count(512),
        "Open connections. At the limit the oldest idle one is closed in favor of a new one. A low limit of descriptors lowers it.",
    ),
    key(
        "http",
        "connections_per_peer_max",
        Kind::Count { min: 1, max: 4_096 },
        Preset::Count(128),
        "Open connections of one peer: an IPv4 address, or a /64 of IPv6. A proxy in front is one peer.",
    ),
    key(
        "http",
        "header_timeout_s",
        Kind::Count { min: 1, max: 60 },
        Preset::Count(5),
        "Time to send a request line and all headers, which may have 16 KiB.",
    ),
    key(
        "http",
        "idle_timeout_s",
        Kind::Count { min: 1, max: 3_600 },
        Preset::Count(75),
        "Time between two requests of one connection. Longer than the interval of scrapes, so that they keep theirs.",
    ),
    key(
        "http",
        "request_timeout_s",
        Kind::Count { min: 1, max: 600 },
        Preset::Count(30),
        "Time from the end of the headers until the client has taken the whole response.",
    ),
    key(
        "pipeline",
        "workers",
        Kind::Count { min: 0, max: 256 },
        Preset::Count(0),
        "Threads that decode and match. 0: one a core.",
    ),
    key(
        "pipeline",
        "queue_batches_max",
        Kind::Count { min: 1, max: 4_096 },
        Preset::Count(64),
        "Batches of hits that wait for the state thread; when they are as many, reading waits.",
    ),
    key(
        "pipeline",
        "queue_mib_max",
        Kind::Count { min: 1, max: 65_536 },
        Preset::Count(64),
        "MiB that those batches may hold in memory; when they do, reading waits.",
    ),
    key(
        "pipeline",
        "windows_mib_max",
        Kind::Count { min: 32, max: 1_048_576 },
        Preset::Count(512),
        "MiB of window state in memory; groups beyond that are read from the store when they are hit.",
    ),
    key(
        "pipeline",
        "drain_timeout_s",
        Kind::Count { min: 1, max: 600 },
        Preset::Count(30),
        "How long SIGTERM may take to finish what is under way; what is not finished is read again.",
    ),
    key(
        "limits",
        "inflated_bytes_max",
        Kind::Count { min: 1 << 20, max: 1 << 30 },
        Preset::Count(64 << 20),
        "Inflated bytes of a record. Kinesis carries at most 10 MiB, which gzip can blow up a thousandfold.",
    ),
    key(
        "limits",
        "log_events_max",
        Kind::Count { min: 10_000, max: 10_000_000 },
        Preset::Count(100_000),
        "Log events of a record. CloudWatch Logs sends at most 10,000.",
    ),
    key(
        "limits",
        "event_bytes_max",
        Kind::Count { min: 256 << 10, max: 16 << 20 },
        Preset::Count(1 << 20),
        "Bytes of one event. CloudTrail sends at most 256 KiB, CloudWatch Logs takes 1 MiB.",
    ),
    key(
        "log",
        "level",
        Kind::Choice(&["error", "warn", "info", "debug", "trace"]),
        Preset::Text("info"),
        "What is worth a line.",
    ),
    key(
        "log",
        "format",
        Kind::Choice(&["auto", "json", "text"]),
        Preset::Text("auto"),
        "`auto` is text on a terminal, JSON elsewhere.",
    ),
    key("sink", "type", Kind::Choice(SINKS), Preset::Required(""), "What it is."),
    key(
        "sink",
        "enabled",
        Kind::Flag,
        Preset::Flag(true),
        "Whether it is told at all; it is checked all the same.",
    ),
    key(
        "sink",
        "level_min",
        Kind::Choice(&["informational", "low", "medium", "high", "critical"]),
        Preset::Text("informational"),
        "It is told of alerts of this level and above.",
    ),
    key(
        "sink",
        "rules",
        Kind::List(Form::Pattern, 1_024),
        Preset::List(&[]),
        "Only of these rules: ids, or the beginning of ids and `*`. Empty: of all.",
    ),
    key("sink", "rules_except", Kind::List(Form::Pattern, 1_024), Preset::List(&[]), "Not of these rules."),
    key(
        "sink",
        "accounts",
        Kind::List(Form::Account, 10_000),
        Preset::List(&[]),
        "Only of these AWS accounts. Empty: of all.",
    ),
    key(
        "sink",
        "accounts_except",
        Kind::List(Form::Account, 10_000),
        Preset::List(&[]),
        "Not of these AWS accounts.",
    ),
    key(
        "sink",
        "rate_per_s",
        Kind::Number { min: 0.0, max: 1_000.0 },
        Preset::OfSink(&[
            ("stdout", Preset::Number(0.0)),
            ("file", Preset::Number(0.0)),
            ("webhook", Preset::Number(10.0)),
            // What Slack grants an incoming webhook.
            ("slack", Preset::Number(1.0)),
            ("sns", Preset::Number(10.0)),
            ("alertmanager", Preset::Number(10.0)),
        ]),
        "Deliveries a second, on average; what is beyond waits. 0: no limit.",
    ),
    key(
        "sink",
        "digest_after",
        Kind::Count { min: 0, max: 100_000 },
        // People read a channel; programs want each alert.
        Preset::OfSink(&[
            ("webhook", Preset::Count(0)),
            ("slack", Preset::Count(20)),
            ("sns", Preset::Count(0)),
        ]),
        "When more deliveries than that are due at a time, they are told as one digest. 0: never.",
    )
    .only(&["webhook", "slack", "sns"]),
    key(
        "sink",
        "timeout_s",
        Kind::Count { min: 1, max: 120 },
        Preset::Count(10),
        "How long one delivery may take in all, before it is tried again.",
    )
    .only(&["webhook", "slack", "sns", "alertmanager"]),
    key(
        "sink",
        "format",
        Kind::Choice(&["native", "ocsf"]),
        Preset::Text("native"),
        "Whose JSON: Tripline's own, or OCSF Detection Findings.",
    )
    .only(&["stdout", "file", "webhook"]),
    key(
        "sink",
        "path",
        Kind::Text(Form::Path),
        Preset::Required("\"/var/log/tripline/alerts.ndjson\""),
        "The file that lines are added to. Its folder must exist.",
    )
    .only(&["file"]),
    key(
        "sink",
        "rotate_bytes",
        Kind::Count { min: 1 << 20, max: 1 << 40 },
        Preset::Count(100 << 20),
        "The file is set aside before it would outgrow this.",
    )
    .only(&["file"]),
    key(
        "sink",
        "keep",
        Kind::Count { min: 0, max: 1_000 },
        Preset::Count(5),
        "How many are kept aside, as PATH.1 (the youngest) and on.",
    )
    .only(&["file"]),
    key(
        "sink",
        "url_file",
        Kind::Text(Form::SecretFile),
        Preset::Unset("\"/etc/tripline/url\""),
        "The file with the address: whoever knows it may post. Exactly one of `url_file` and `url_env`.",
    )
    .only(&["webhook", "slack"]),
    key(
        "sink",
        "url_env",
        Kind::Text(Form::SecretVariable),
        Preset::Unset("\"TRIPLINE_URL\""),
        "The environment variable with the address.",
    )
    .only(&["webhook", "slack"]),
    key(
        "sink",
        "secret_files",
        Kind::List(Form::SecretFile, 2),
        Preset::List(&[]),
        "Files with signing secrets, `whsec_…` each. None: unsigned. Two, while one replaces the other.",
    )
    .only(&["webhook"]),
    key(
        "sink",
        "secret_env",
        Kind::Text(Form::SecretVariable),
        Preset::Unset("\"TRIPLINE_SECRET\""),
        "The environment variable with a signing secret.",
    )
    .only(&["webhook"]),
    key(
        "sink",
        "topic_arn",
        Kind::Text(Form::TopicArn),
        Preset::Required("\"arn:aws:sns:eu-west-1:111122223333:alerts\""),
        "The topic.",
    )
    .only(&["sns"]),
    key(
        "sink",
        "region",
        Kind::Text(Form::Region),
        Preset::Unset("\"eu-west-1\""),
        "The region to call. Not written: the topic's own.",
    )
    .only(&["sns"]),
    key(
        "sink",
        "urls",
        Kind::List(Form::Url, 16),
        Preset::Required("[\"https://alertmanager-0.example:9093\"]"),
        "The Alertmanagers of one cluster, as Prometheus is given them.",
    )
    .only(&["alertmanager"]),
    key(
        "sink",
        "bearer_token_file",
        Kind::Text(Form::SecretFile),
        Preset::Unset("\"/etc/tripline/alertmanager-token\""),
        "The file with a token for `Authorization`.",
    )
    .only(&["alertmanager"]),
    key(
        "sink",
        "bearer_token_env",
        Kind::Text(Form::SecretVariable),
        Preset::Unset("\"ALERTMANAGER_TOKEN\""),
        "The environment variable with that token.",
    )
    .only(&["alertmanager"]),
    key(
        "sink",
        "allow_private",
        Kind::Flag,
        Preset::Flag(false),
        "Whether it may be called at a loopback, private or link-local address, and by `http:`.",
    )
    .only(&["webhook", "slack", "alertmanager"]),
];

const fn key(
    section: &'static str,
    name: &'static str,
    kind: Kind,
    preset: Preset,
    help: &'static str,
) -> Key {
    Key { section, name, kind, preset, sinks: &[], help }
}

impl Key {
    const fn only(self, sinks: &'static [&'static str]) -> Self {
        Self { sinks, ..self }
    }

    /// Whether a section has it; `sink` is the type of a sink.
    pub fn applies(&self, sink: Option<&str>) -> bool {
        self.sinks.is_empty() || sink.is_none_or(|sink| self.sinks.contains(&sink))
    }
}

/// The settings of a section.
pub fn keys_of(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section == section)
}

/// One setting.
pub fn find(section: &str, name: &str) -> Option<&'static Key> {
    keys_of(section).find(|key| key.name == name)
}
