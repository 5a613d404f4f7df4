//! Addresses that would make us call ourselves or our neighbours: each is refused, and nobody is called.

use std::net::TcpListener;
use std::time::Duration;

use tripline_rules::rule::Level;

use crate::sink::{Delivery, Filter, Format, OpenError, Secret, Settings, Sink, Target, UrlFault, sample};

/// `P` stands for the port at which somebody listens.
const HOSTILE: &[&str] = &[
    // Ourselves, by every way to write it.
    "https://127.0.0.1:P/",
    "https://127.0.0.1.:P/",
    "https://127.1:P/",
    "https://127.0.1:P/",
    "https://2130706433:P/",
    "https://0x7f000001:P/",
    "https://0x7f.1:P/",
    "https://0x7f.0x0.0x0.0x1:P/",
    "https://017700000001:P/",
    "https://0177.0.0.1:P/",
    "https://0177.0.0.01:P/",
    "https://127.0.0.1%3aP/",
    "https://%31%32%37.0.0.1:P/",
    "https://１２７.0.0.1:P/",
    "https://127。0。0。1:P/",
    "https://①②⑦.⓪.⓪.①:P/",
    "https://127.255.255.254:P/",
    "https://0.0.0.0:P/",
    "https://0:P/",
    "https://[::]:P/",
    "https://[::1]:P/",
    "https://[0:0:0:0:0:0:0:1]:P/",
    "https://[::ffff:127.0.0.1]:P/",
    "https://[::ffff:7f00:1]:P/",
    "https://[::127.0.0.1]:P/",
    "https://[64:ff9b::127.0.0.1]:P/",
    "https://[2002:7f00:1::]:P/",
    "https://[::ffff:0:127.0.0.1]:P/",
    // By names that the system knows.
    "https://localhost:P/",
    "https://LOCALHOST:P/",
    "https://localhost.:P/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:P/",
    "https://loc%61lhost:P/",
    "https://localhost:P/#@public.example/",
    "https://localhost:P\\@public.example/",
    // By another scheme, or with words before the host.
    "http://127.0.0.1:P/",
    "http://localhost:P/",
    "HTTP://localhost:P/",
    "ftp://127.0.0.1:P/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:P/_x",
    "unix:/var/run/docker.sock",
    "data:text/plain,x",
    "javascript:alert(1)",
    "//127.0.0.1:P/",
    "127.0.0.1:P",
    "https://user:password@127.0.0.1:P/",
    "https://public.example@127.0.0.1:P/",
    "https://public.example:443@127.0.0.1:P/",
    "https://user@public.example/",
    "https:127.0.0.1:P",
    "https:///127.0.0.1:P",
    "https:\\\\127.0.0.1:P\\",
    "https://[::1%25lo]:P/",
    "https://",
    "",
    // Neighbours and keepers of credentials.
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://100.64.0.1/",
    "https://169.254.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/latest/",
    "https://2852039166/latest/",
    "https://0251.0376.0251.0376/",
    "https://[::ffff:169.254.169.254]/",
    "https://[fd00:ec2::254]/",
    "https://169.254.170.2/v2/credentials",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[fec0::1]/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[ff02::1]/",
    "https://192.0.2.1/",
    "https://[2001:db8::1]/",
    "https://198.18.0.1/",
];

fn settings(target: Target) -> Settings {
    Settings {
        name: "s".to_owned(),
        level_min: Level::Informational,
        filter: Filter::default(),
        rate_per_s: 0.0,
        digest_after: 0,
        timeout: Duration::from_secs(5),
        target,
    }
}

fn webhook(url: &str, allow_private: bool) -> Settings {
    let url = url.to_owned();
    settings(Target::Webhook { url, secrets: Vec::new(), allow_private, format: Format::Native })
}

/// What became of one delivery to an address.
fn outcome(runtime: &tokio::runtime::Runtime, settings: Settings) -> Result<(), String> {
    let alert = sample(1_767_323_000_000);
    runtime.block_on(async {
        let mut sink = Sink::open(settings).await.map_err(|error| error.to_string())?;
        let delivered = sink.deliver(&Delivery::new(&alert, 1_767_323_000_000)).await;
        delivered.map_err(|refusal| format!("{}: {refusal}", refusal.label()))
    })
}

#[test]
fn nobody_is_called_who_must_not_be() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let v4 = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = v4.local_addr().unwrap().port();
    // A machine without IPv6 cannot be reached over it either.
    let v6 = TcpListener::bind(("::1", port)).ok();
    for listener in [Some(&v4), v6.as_ref()].into_iter().flatten() {
        listener.set_nonblocking(true).unwrap();
    }
    assert!(HOSTILE.len() >= 40);
    for url in HOSTILE {
        let url = url.replace('P', &port.to_string());
        let refused = outcome(&runtime, webhook(&url, false)).unwrap_err();
        let why = ["address", "scheme", "cannot be read", "needed", "public", "user name"];
        assert!(why.iter().any(|word| refused.contains(word)), "{url}: {refused}");
        let connected = [Some(&v4), v6.as_ref()].into_iter().flatten().any(|at| at.accept().is_ok());
        assert!(!connected, "{url}: was called");
    }
    // With leave, the neighbours are called, and the keepers of credentials still are not.
    let refused = outcome(&runtime, webhook(&format!("http://localhost:{port}/"), true)).unwrap_err();
    assert!(refused.starts_with("timeout"), "{refused}");
    assert!(v4.accept().is_ok() || v6.is_some_and(|at| at.accept().is_ok()));
    for url in [
        "http://169.254.169.254/",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:169.254.169.254]/",
        "http://0/",
    ] {
        let refused = outcome(&runtime, webhook(url, true)).unwrap_err();
        assert!(refused.contains("not a public address"), "{url}: {refused}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let open = |target| runtime.block_on(Sink::open(settings(target))).unwrap_err();
    let secret = |text: &str| Secret::from_text(text).unwrap();
    let signed = |secrets: &[&str]| Target::Webhook {
        url: "https://public.example/".to_owned(),
        secrets: secrets.iter().map(|text| secret(text)).collect(),
        allow_private: false,
        format: Format::Native,
    };
    let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert!(matches!(open(signed(&[good, good, good])), OpenError::Secrets { n: 3 }));
    for bad in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!", "whsec_c2hvcnQ=", "whsec_"] {
        let error = open(signed(&[good, bad]));
        assert!(matches!(error, OpenError::Secret { nth: 2 }), "{error}");
        assert!(!error.to_string().contains("MfKQ"), "{error}");
    }
    let slack = secret("http://hooks.example/services/T0/B0/hush");
    let error = open(Target::Slack { url: slack, allow_private: false });
    assert!(matches!(error, OpenError::Url { fault: UrlFault::Scheme { .. } }), "{error}");
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    for arn in ["", "topic", "arn:aws:sqs:eu-west-1:111122223333:q", "arn:aws:sns:eu-west-1:111122223333"] {
        let error = open(Target::Sns { topic_arn: arn.to_owned(), region: None });
        assert!(matches!(error, OpenError::Topic { .. }), "{error}");
    }
    let alertmanager =
        |urls: Vec<String>, bearer| Target::Alertmanager { urls, bearer, allow_private: false };
    assert!(matches!(open(alertmanager(Vec::new(), None)), OpenError::NoUrl));
    let bearer = Some(secret("a\nb"));
    let urls = vec!["https://am.example".to_owned()];
    assert!(matches!(open(alertmanager(urls, bearer)), OpenError::Bearer));
}
