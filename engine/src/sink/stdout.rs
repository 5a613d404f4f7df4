//! One line of JSON an alert on standard output, for whoever is at the other end of the pipe.

use std::io::{self, Write};

use super::{Delivery, Format, Refusal, body};

#[derive(Debug)]
pub(super) struct Stdout {
    format: Format,
}

impl Stdout {
    pub(super) fn new(format: Format) -> Self {
        Self { format }
    }

    /// A pipe that nobody reads any more refuses like any other receiver.
    pub(super) fn deliver(&self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        let line = body::line(delivery, self.format)?;
        write(&mut io::stdout().lock(), &line).map_err(|source| Refusal::Io { source })
    }
}

/// In one piece, so that lines of others on the same pipe stay whole; and at once.
fn write(out: &mut impl Write, line: &str) -> io::Result<()> {
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_ends_and_a_broken_pipe_is_an_error() {
        let mut out = Vec::new();
        write(&mut out, "{}").unwrap();
        assert_eq!(out, b"{}\n");
        assert_eq!(write(&mut Broken, "{}").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
