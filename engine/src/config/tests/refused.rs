//! Wrong configurations and the words they are refused with: `refused.txt`, compared byte by byte.
//!
//! A case is variables (`$ NAME=value`), the text of the file, `----`, and the errors. `UPDATE_EXPECT=1` writes the
//! errors anew; the difference is to be read.

use std::fmt::Write;
use std::path::Path;

use super::load;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/tests/refused.txt");

#[test]
fn every_wrong_configuration_is_refused_with_its_words() {
    let expected = std::fs::read_to_string(Path::new(FILE)).unwrap();
    let mut got = String::new();
    for (n, case) in expected.split("====\n").enumerate() {
        let (input, _) = case.split_once("----\n").unwrap();
        let variables: Vec<(&str, &str)> = input
            .lines()
            .filter_map(|line| line.strip_prefix("$ "))
            .map(|line| line.split_once('=').unwrap())
            .collect();
        let text: String = input.split_inclusive('\n').filter(|line| !line.starts_with("$ ")).collect();
        let errors = load(&text, &variables).err().unwrap_or_else(|| panic!("accepted:\n{input}"));
        let between = if n == 0 { "" } else { "====\n" };
        let _ = writeln!(got, "{between}{input}----");
        for error in &errors {
            let _ = writeln!(got, "{error}");
            // Every secret of the cases has this word in it.
            let said = format!("{error} {error:?}");
            assert!(!said.contains("s3cr3t"), "a secret is repeated: {said}");
        }
    }
    assert!(expected.split("====\n").count() >= 40);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(FILE, &got).unwrap();
        return;
    }
    assert_eq!(got, expected, "UPDATE_EXPECT=1 writes it anew");
}
