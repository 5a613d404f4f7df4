//! Failed AWS calls as users meet them: the region, the resource, the reason, and what to do. A server on loopback answers as AWS.

use std::io::Read;
use std::net::TcpListener;

use super::*;

/// A server that answers every request with status 400 and `body`. Its thread ends with the test's process.
fn server(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 16 << 10]);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 400 Bad Request\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    url
}

/// A JSON service's error.
fn json_error(code: &str) -> String {
    server(json!({"__type": code, "message": "said the service"}).to_string())
}

/// The query protocol's error, for SNS.
fn xml_error(code: &str) -> String {
    server(format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>said the service</Message></Error></ErrorResponse>"
    ))
}

const CREDENTIALS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];

/// What `run`, `backfill` and `sink test` print to stderr with these variables and no others of AWS.
fn messages(name: &str, variables: &[(&str, &str)], kinesis_url: &str, sns_url: &str) -> [String; 3] {
    let range =
        ["--from", "2026-01-02T03:00:00Z", "--to", "2026-01-02T03:04:00Z", "--log-group", "trail-logs"];
    let backfill: Vec<&str> = ["backfill"].into_iter().chain(range).collect();
    [&["run"][..], &backfill, &["sink", "test", "soc"]]
        .map(|args| message(name, args, variables, kinesis_url, sns_url))
}

fn message(
    name: &str,
    args: &[&str],
    variables: &[(&str, &str)],
    kinesis_url: &str,
    sns_url: &str,
) -> String {
    let folder = folder(name);
    let config = write(
        &folder,
        "tripline.toml",
        "[kinesis]\nstream = \"tripline\"\nregion = \"eu-west-1\"\n[http]\nlisten = \"127.0.0.1:0\"\n[sink.soc]\n\
         type = \"sns\"\ntopic_arn = \"arn:aws:sns:eu-west-1:111122223333:alerts\"\n",
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_tripline"));
    command.args(args).args(["--config", &config]).current_dir(&folder);
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("AWS_")) {
        command.env_remove(variable);
    }
    command.env("HOME", &folder).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_ENDPOINT_URL", kinesis_url).env("AWS_ENDPOINT_URL_SNS", sns_url);
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{args:?}: {text}");
    let debug = ["DispatchFailure", "ServiceError", "Unhandled", "source: ", "Attempted"];
    assert!(!debug.iter().any(|word| text.contains(word)), "{args:?}: debug text in {text}");
    text
}

#[track_caller]
fn holds(text: &str, parts: &[&str]) {
    let last = text.lines().filter(|line| line.starts_with("tripline: ")).collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(last.contains(part), "no `{part}` in {text}");
    }
}

#[test]
fn no_credentials() {
    let unused = json_error("Unused");
    for text in messages("aws-none", &[], &unused, &unused) {
        holds(&text, &["eu-west-1: no AWS credentials found; ", "AWS_PROFILE", "attach a role"]);
    }
}

#[test]
fn expired_credentials() {
    let urls = (json_error("ExpiredTokenException"), xml_error("ExpiredToken"));
    for text in messages("aws-expired", &CREDENTIALS, &urls.0, &urls.1) {
        holds(&text, &["eu-west-1: the credentials have expired (Expired", "said the service", "renew them"]);
    }
}

#[test]
fn access_denied_names_the_action_and_the_resource() {
    let urls = (json_error("AccessDeniedException"), xml_error("AuthorizationError"));
    let [run, backfill, sink] = messages("aws-denied", &CREDENTIALS, &urls.0, &urls.1);
    holds(&run, &["access denied", "allow kinesis:DescribeStreamSummary on stream tripline in the policy"]);
    holds(&backfill, &["access denied", "allow logs:FilterLogEvents on log group trail-logs in the policy"]);
    let topic = "allow sns:Publish on topic arn:aws:sns:eu-west-1:111122223333:alerts in the policy";
    holds(&sink, &["access denied", topic]);
}

#[test]
fn a_resource_that_is_not_in_the_region() {
    let urls = (json_error("ResourceNotFoundException"), xml_error("NotFound"));
    let [run, backfill, sink] = messages("aws-absent", &CREDENTIALS, &urls.0, &urls.1);
    holds(&run, &["stream tripline in eu-west-1: it does not exist there", "kinesis.region"]);
    holds(&backfill, &["log group trail-logs in eu-west-1: it does not exist there", "--log-group"]);
    holds(&sink, &["alerts in eu-west-1: it does not exist there", "topic_arn and region"]);
}

#[test]
fn a_dead_endpoint_is_named() {
    let dead = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for args in [&["run"][..], &["sink", "test", "soc"]] {
        let text = message("aws-dead", args, &CREDENTIALS, &dead, &dead);
        holds(&text, &[&format!("eu-west-1: cannot reach {dead} (Connection refused"), "AWS_ENDPOINT_URL"]);
    }
}
