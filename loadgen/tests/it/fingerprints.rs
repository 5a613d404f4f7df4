//! Same options, same bytes, in every version and on every machine. A fingerprint that changes is a change of corpus: published
//! figures measured on the old one say nothing about the new one, so change it knowingly.

use sha2::{Digest, Sha256};
use tripline_loadgen::{Corpus, Options, Packing, Scenarios};

/// Of every log event its text, time and place.
fn of_events(options: Options) -> String {
    let corpus = Corpus::new(options).unwrap();
    let mut digest = Sha256::new();
    for event in corpus.log_events() {
        digest.update(event.message.as_bytes());
        digest.update(event.logs_time_ms.to_be_bytes());
        digest.update(event.account.as_bytes());
        digest.update(event.region.as_bytes());
    }
    hex(&digest.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn small() -> Options {
    Options { events: 3_000, ..Options::default() }
}

#[test]
fn corpora_are_those_of_old() {
    let many = Options { accounts: 40, regions: 8, seed: 7, ..small() };
    let odd = Options {
        start_s: 1_709_250_901,
        span_s: 604,
        accounts: 4,
        regions: 1,
        duplicates_ppm: 100_000,
        ..small()
    };
    let bare = Options { scenarios: Scenarios::None, foreign_ppm: 10_000, ..small() };
    let found = [small(), many, odd, bare].map(of_events);
    assert_eq!(found, ["62e7a2e3c98f45d2", "8a224cf1bb7a8fd6", "629df4bb04c93612", "95c3fe03f7e43188"]);
}

#[test]
fn messages_are_those_of_old() {
    // The text, not the gzip bytes: a new version of the compressor may pack the same text better.
    let corpus = Corpus::new(small()).unwrap();
    let mut digest = Sha256::new();
    for message in corpus.messages(Packing::default()) {
        std::io::copy(&mut flate2::read::GzDecoder::new(message.bytes.as_slice()), &mut HashOf(&mut digest))
            .unwrap();
        digest.update(message.sent_ms.to_be_bytes());
        digest.update(message.partition_key.as_bytes());
    }
    assert_eq!(hex(&digest.finalize()), "e9a7e0257510ef46");
}

#[test]
fn the_truth_is_that_of_old() {
    let mut ledger = Vec::new();
    Corpus::new(small()).unwrap().truth().write_ledger(&mut ledger).unwrap();
    assert_eq!(hex(&Sha256::digest(&ledger)), "847ddc7d767feefd");
}

#[test]
fn a_corpus_equals_itself_and_no_other() {
    assert_eq!(of_events(small()), of_events(small()));
    assert_ne!(of_events(small()), of_events(Options { seed: 2, ..small() }));
    assert_ne!(of_events(small()), of_events(Options { start_s: small().start_s + 1, ..small() }));
}

struct HashOf<'a>(&'a mut Sha256);

impl std::io::Write for HashOf<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
