//! What a plain word means: the core schema of YAML 1.2. `yes` and `on` are strings there, and `.inf` and
//! `.nan` stay strings here, as no rule and no JSON event has such a number.

use super::tree::Yaml;

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> Yaml {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Yaml::Null,
        "true" | "True" | "TRUE" => Yaml::Bool(true),
        "false" | "False" | "FALSE" => Yaml::Bool(false),
        _ => number(text).unwrap_or_else(|| Yaml::String(text.to_owned())),
    }
}

fn number(text: &str) -> Option<Yaml> {
    let radix = |digits: &str, radix| {
        let plain = digits.bytes().all(|b| b.is_ascii_alphanumeric());
        u128::from_str_radix(digits, radix).ok().filter(|_| plain).map(|n| Yaml::Int(n.to_string()))
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if is_digits(unsigned) {
        return Some(Yaml::Int(text.to_owned()));
    }
    is_float(unsigned).then(|| Yaml::Float(text.to_owned()))
}

fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent_ok) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, is_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
        }
        None => (unsigned, true),
    };
    let mantissa_ok = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    exponent_ok && mantissa_ok
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
