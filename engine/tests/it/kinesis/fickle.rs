//! A sink that fails in every way that a receiver can: it refuses, hangs, breaks off, or takes a delivery and then fails;
//! each request at random, but each delivery a few times only.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::rng::Rng;
use crate::sinks::server::{Request, read};

/// Failures of one delivery. The waits before the next two attempts are a second and two at most; from there on they double.
const FAILURES_MAX: usize = 2;

/// What the sink did with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    /// Took it and said so.
    Took,
    /// Said 500 and did not take it.
    Refused,
    /// Read it and said nothing until the sender gave up.
    Hung,
    /// Took it and closed the connection without an answer.
    TookAndBrokeOff,
    /// Took it and said 500.
    TookAndFailed,
}

/// Every answer that makes the sender try again.
const FAILURES: [Answer; 4] = [Answer::Refused, Answer::Hung, Answer::TookAndBrokeOff, Answer::TookAndFailed];

/// A request, and what became of it.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) key: String,
    pub(super) body: Vec<u8>,
    pub(super) answer: Answer,
}

struct State {
    rng: Rng,
    failures: BTreeMap<String, usize>,
    received: Vec<Received>,
}

/// The server, until it is dropped.
pub(super) struct Fickle {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fickle {
    pub(super) fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { rng: Rng(seed), failures: BTreeMap::new(), received: Vec::new() };
        let (state, is_over) = (Arc::new(Mutex::new(state)), Arc::new(AtomicBool::new(false)));
        let (served, ends) = (Arc::clone(&state), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || {
            std::thread::scope(|scope| {
                for stream in listener.incoming() {
                    if ends.load(Ordering::SeqCst) {
                        return;
                    }
                    let (stream, served) = (stream.unwrap(), &served);
                    // A connection that breaks is the sender's to notice.
                    scope.spawn(move || serve(&stream, served));
                }
            });
        });
        Self { address, state, is_over, thread: Some(thread) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }
}

impl Drop for Fickle {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // The listener wakes up to see that it is over.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl State {
    /// Decides what becomes of a request, and keeps it.
    fn receive(&mut self, request: Request) -> Answer {
        let key = request.header("webhook-id").to_owned();
        let failures = self.failures.entry(key.clone()).or_default();
        let fails = *failures < FAILURES_MAX && self.rng.one_in(3);
        *failures += usize::from(fails);
        let answer = if fails { FAILURES[self.rng.below(FAILURES.len())] } else { Answer::Took };
        self.received.push(Received { key, body: request.body, answer });
        answer
    }
}

/// Answers the one request of a connection.
fn serve(mut stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut input = BufReader::new(stream);
    let Some(request) = read(&mut input)? else { return Ok(()) };
    let answer = state.lock().unwrap().receive(request);
    let status = match answer {
        Answer::Took => "200 OK",
        Answer::Refused | Answer::TookAndFailed => "500 Internal Server Error",
        Answer::Hung => return input.read_to_end(&mut Vec::new()).map(|_| ()),
        Answer::TookAndBrokeOff => return Ok(()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
