//! What the service does and ferrokinesis does not: a list of shards in pages (one shard to each here), and records of more
//! than 1 MiB. Both are made of its answers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What a record stands for whose data is its place here, behind [`MARK`].
pub(super) type Large = Vec<Vec<u8>>;

const MARK: &str = "large ";

/// The data that is replaced by the n-th of what is large.
pub(super) fn mark(n: usize) -> Vec<u8> {
    format!("{MARK}{n}").into_bytes()
}

/// Which page is asked for; the question becomes one for the whole list.
pub(super) fn page(asked: &mut Value) -> usize {
    let Some(token) = asked["NextToken"].as_str() else { return 0 };
    let (stream, page) = token.split_once(' ').unwrap();
    let page = page.parse().unwrap();
    *asked = json!({"StreamName": stream});
    page
}

/// That page of the whole list.
pub(super) fn paged(asked: &Value, page: usize, answer: &mut Value) {
    let Some(shards) = answer["Shards"].as_array() else { return };
    let stream = asked["StreamName"].as_str().unwrap();
    let one = shards.get(page).cloned();
    let next = (page + 1 < shards.len()).then(|| format!("{stream} {}", page + 1));
    *answer = json!({"Shards": Vec::from_iter(one)});
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
}

/// Puts what is large where it is meant.
pub(super) fn swell(large: &Large, answer: &mut Value) {
    for record in answer["Records"].as_array_mut().into_iter().flatten() {
        let data = STANDARD.decode(record["Data"].as_str().unwrap()).unwrap();
        let text = std::str::from_utf8(&data).ok().and_then(|text| text.strip_prefix(MARK));
        if let Some(n) = text.and_then(|n| n.parse::<usize>().ok()) {
            record["Data"] = STANDARD.encode(&large[n]).into();
        }
    }
}
