//! An HTTP server for tests: reads a request whole, keeps it, and then behaves as it was told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What follows a request.
pub(crate) enum Behaviour {
    /// Status, further header lines, body.
    Answer(&'static str, &'static str, String),
    /// These bytes, and the connection is closed.
    Bytes(&'static [u8]),
    /// Nothing, until the other side gives up.
    Hang,
    /// A good status and the beginning of a body that never ends.
    SlowBody,
    /// A good status and as much body as the other side takes.
    EndlessBody,
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The value of a header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        Self::at("127.0.0.1:0", behaviour)
    }

    pub(crate) fn at(address: &str, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (keeps, ends) = (Arc::clone(&seen), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                // A connection that breaks is the other side's to notice.
                let _ = serve(&stream.unwrap(), &behaviour, &keeps);
            }
        });
        Self { address, seen, over, thread: Some(thread) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // The listener wakes up to see that it is over.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Requests on one connection, one after the other, as long as it is kept.
fn serve(stream: &TcpStream, behaviour: &Behaviour, seen: &Mutex<Vec<Request>>) -> std::io::Result<()> {
    let mut input = BufReader::new(stream);
    while let Some(request) = read(&mut input)? {
        seen.lock().unwrap().push(request);
        let mut out = stream;
        match behaviour {
            Behaviour::Answer(status, headers, body) => {
                let n = body.len();
                write!(
                    out,
                    "HTTP/1.1 {status}\r\nContent-Length: {n}\r\nConnection: close\r\n{headers}\r\n{body}"
                )?;
                return Ok(());
            }
            Behaviour::Bytes(bytes) => return out.write_all(bytes),
            Behaviour::Hang => {}
            Behaviour::SlowBody => write!(out, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbeginning")?,
            Behaviour::EndlessBody => {
                write!(out, "HTTP/1.1 200 OK\r\n\r\n")?;
                loop {
                    out.write_all(&[b'x'; 65_536])?;
                }
            }
        }
        // Until the other side closes.
        input.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

pub(crate) fn read(input: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, value)| value);
    let mut body = vec![0; length.parse().unwrap()];
    input.read_exact(&mut body)?;
    Ok(Some(Request { line: lines[0].clone(), headers, body }))
}
