//! Clients that hold sockets, dribble headers or take no response, over real sockets.

use std::io::{BufRead, BufReader, ErrorKind};

use super::*;

/// Time that anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

fn connect(served: &Served) -> TcpStream {
    let stream = TcpStream::connect(served.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn dropped(served: &Served, reason: &str) -> u64 {
    served.metrics.http_connections_dropped.with_label_values(&[reason]).get()
}

/// Waits until so many connections were dropped for a reason: a client may see the end before it is counted.
#[track_caller]
fn wait_dropped(served: &Served, reason: &str, count: u64) {
    let began = std::time::Instant::now();
    while dropped(served, reason) < count {
        assert!(began.elapsed() < PATIENCE, "{reason}: {} of {count}", dropped(served, reason));
        std::thread::park_timeout(Duration::from_millis(10));
    }
    assert_eq!(dropped(served, reason), count, "{reason}");
}

/// Reads until the server closes the connection. Returns what it sent.
#[track_caller]
fn read_to_close(mut stream: &TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        // The server closed it with bytes unread.
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
    String::from_utf8(answer).unwrap()
}

/// Reads one response of a connection that stays open. Returns its head.
#[track_caller]
fn read_response(reader: &mut BufReader<&TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "closed after {head:?}");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    head
}

#[test]
fn probes_and_metrics_answer_while_1500_connections_are_held() {
    let served = serve_within(None, Limits { connections_max: 64, connections_per_peer_max: 64, ..limits() });
    served.health.started(0);
    // A well-behaved client, between two requests.
    let kept = connect(&served);
    let mut reader = BufReader::new(&kept);
    (&kept).write_all(format!("GET /livez HTTP/1.1\r\n{LOCAL}\r\n").as_bytes()).unwrap();
    code(&read_response(&mut reader), 200);
    let mut held = Vec::new();
    for n in 0..1_500 {
        let mut stream = connect(&served);
        // Half of them send nothing, half a part of their headers.
        if n % 2 == 0 {
            // The server may have closed it already.
            let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Never-Ends: ");
        }
        held.push(stream);
        if n % 100 == 0 {
            for path in ["/livez", "/readyz", "/metrics"] {
                code(&get(served.address, path, LOCAL), 200);
            }
        }
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        code(&get(served.address, path, LOCAL), 200);
    }
    assert!(served.metrics.http_connections.get() <= 64);
    // All but 64 of 1,500, and what the well-behaved clients closed themselves.
    assert!(dropped(&served, "peer") >= 1_500 - 64, "{}", dropped(&served, "peer"));
    let metrics = get(served.address, "/metrics", LOCAL);
    for line in
        ["tripline_http_connections_max 64", "# TYPE process_cpu_seconds_total counter", "process_open_fds "]
    {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[test]
fn a_client_between_two_requests_outlives_connections_that_never_sent_one() {
    let served = serve_within(None, Limits { connections_max: 8, connections_per_peer_max: 8, ..limits() });
    let kept = connect(&served);
    let mut reader = BufReader::new(&kept);
    let request = format!("GET /livez HTTP/1.1\r\n{LOCAL}\r\n");
    (&kept).write_all(request.as_bytes()).unwrap();
    code(&read_response(&mut reader), 200);
    let _held: Vec<TcpStream> = (0..7).map(|_| connect(&served)).collect();
    while served.metrics.http_connections.get() < 8 {
        std::thread::park_timeout(Duration::from_millis(10));
    }
    // Old enough to be closed before the client that works.
    std::thread::park_timeout(2 * super::super::limits::GRACE);
    let _more: Vec<TcpStream> = (0..7).map(|_| connect(&served)).collect();
    wait_dropped(&served, "peer", 7);
    (&kept).write_all(request.as_bytes()).unwrap();
    code(&read_response(&mut reader), 200);
}

#[test]
fn headers_beyond_16_kib_are_refused_and_never_held() {
    let served = serve(None);
    // As much as fits, and more in one header, and in many.
    let fits = format!("{LOCAL}X-Long: {}\r\n", "a".repeat(15 << 10));
    code(&get(served.address, "/livez", &fits), 200);
    let long = format!("{LOCAL}X-Long: {}\r\n", "a".repeat(17 << 10));
    let many: String = (0..99).map(|n| format!("X-{n}: {}\r\n", "a".repeat(200))).collect();
    for (n, headers) in (1..).zip([long, format!("{LOCAL}{many}")]) {
        let mut stream = connect(&served);
        let _ = stream.write_all(format!("GET /livez HTTP/1.1\r\n{headers}\r\n").as_bytes());
        let answer = read_to_close(&stream);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
        wait_dropped(&served, "header_size", n);
    }
    // Headers that never end: what the kernel takes is no more the server's than its 16 KiB.
    let streams: Vec<TcpStream> = (0..40).map(|_| connect(&served)).collect();
    for mut stream in &streams {
        let _ = stream.write_all(b"GET /livez HTTP/1.1\r\nX-Long: ");
        let _ = stream.write_all("a".repeat(390_000).as_bytes());
    }
    for stream in &streams {
        let answer = read_to_close(stream);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    wait_dropped(&served, "header_size", 42);
}

#[test]
fn slow_headers_and_silent_connections_are_closed() {
    let served = serve_within(None, Limits { header_timeout: Duration::from_millis(300), ..limits() });
    let (silent, slow) = (connect(&served), connect(&served));
    let dribble = slow.try_clone().unwrap();
    let dribbler = std::thread::spawn(move || {
        for byte in b"GET /livez HTTP/1.1\r\nX-Slow: ".iter().chain(std::iter::repeat(&b'a')) {
            // The server closes it at some time, or the test would never end.
            if (&dribble).write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
    });
    assert_eq!(read_to_close(&silent), "");
    assert_eq!(read_to_close(&slow), "");
    dribbler.join().unwrap();
    wait_dropped(&served, "header_timeout", 2);
}

#[test]
fn an_idle_connection_is_closed_after_its_time_and_not_before_its_next_request() {
    let served = serve_within(None, Limits { idle_timeout: Duration::from_millis(500), ..limits() });
    let stream = connect(&served);
    let mut reader = BufReader::new(&stream);
    for _ in 0..3 {
        (&stream).write_all(format!("GET /livez HTTP/1.1\r\n{LOCAL}\r\n").as_bytes()).unwrap();
        code(&read_response(&mut reader), 200);
    }
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
    wait_dropped(&served, "idle_timeout", 1);
}

#[test]
fn a_response_that_is_not_taken_is_given_up() {
    let served = serve_within(None, Limits { request_timeout: Duration::from_millis(500), ..limits() });
    // Larger than what the kernel buffers for both ends.
    for n in 0..200_000 {
        served
            .metrics
            .rule_hits
            .with_label_values(&[format!("a-rule-with-a-long-name-{n:060}").as_str()])
            .inc();
    }
    let mut stream = connect(&served);
    stream.write_all(format!("GET /metrics HTTP/1.1\r\n{LOCAL}\r\n").as_bytes()).unwrap();
    wait_dropped(&served, "request_timeout", 1);
    code(&get(served.address, "/livez", LOCAL), 200);
    assert!(read_to_close(&stream).len() < 20_000_000);
}

#[test]
fn bodies_are_refused_beyond_4_kib_or_of_unknown_size() {
    let served = serve(None);
    let post = |headers: &str, body: &str| {
        ask(
            served.address,
            &format!("POST /api/reload HTTP/1.1\r\nConnection: close\r\n{LOCAL}{headers}\r\n{body}"),
        )
    };
    code(&post("Content-Length: 2\r\n", "{}"), 501);
    code(&post("Content-Length: 4097\r\n", ""), 413);
    code(&post("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), 413);
    wait_dropped(&served, "body_size", 2);
}

#[test]
fn probes_answer_when_the_store_does_not() {
    let served = serve(None);
    served.health.started(0);
    // SQLite reads the file's beginning anew after it was changed, and finds no database.
    std::fs::write(&served.store, vec![b'x'; 8_192]).unwrap();
    let _ = std::fs::remove_file(served.store.with_extension("db-wal"));
    code(&get(served.address, "/metrics", LOCAL), 503);
    code(&get(served.address, "/livez", LOCAL), 200);
    code(&get(served.address, "/readyz", LOCAL), 200);
}
