//! A producer that packs its records with the Kinesis Producer Library.

use md5::{Digest, Md5};
use tripline_loadgen::Distribution;

use super::emulator::Emulator;
use super::oracle::{facts, judge, records};
use super::service::{Setup, until};
use super::stream::Put;

/// Several records as one, in the library's form.
fn aggregate(records: &[Put]) -> Put {
    let mut body = Vec::new();
    for (key, _) in records {
        field(1, key.as_bytes(), &mut body);
    }
    for (n, (_, data)) in (0..).zip(records) {
        let mut user = vec![0x08, n];
        field(3, data, &mut user);
        field(3, &user, &mut body);
    }
    let digest = Md5::digest(&body);
    (records[0].0.clone(), [&[0xf3, 0x89, 0x9a, 0xc2][..], &body, &digest[..]].concat())
}

/// A protobuf field of bytes.
fn field(number: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(number << 3 | 2);
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap());
    out.extend_from_slice(bytes);
}

#[test]
fn aggregates_give_the_alerts_of_what_is_in_them() {
    let emulator = Emulator::start();
    let stream = emulator.stream("kpl", 2);
    let records = records(61, 4_000, Distribution::Random);
    let (wanted, accounts) = judge(&records);
    let packed: Vec<Put> = records.chunks(5).map(aggregate).collect();
    stream.put(&packed);
    let setup = Setup::new(&emulator.url, &stream.name, "");
    let running = setup.start();
    until("all alerts", || (facts(&setup.alerts()) == wanted).then_some(()));
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let all = packed.len() as f64;
    until("all records", || (running.metric("tripline_records_aggregated_total") >= all).then_some(()));
    let ended = running.terminate();
    ended.assert_ok();
    assert!(ended.said.contains(&format!("; {} KPL aggregates", packed.len())), "{}", ended.said);
    assert_eq!(ended.numbers("records ")[0], packed.len() as u64);
    // The control message is a log event of its own here.
    let controls = accounts.decode.records_control;
    assert_eq!(ended.numbers("log events ")[0], accounts.decode.events_in + controls, "{}", ended.said);
}
