//! Answers as bitcoind writes them: amounts with eight decimals, other fractions with sixteen
//! digits at most. Pure.

use bitcoin::Amount;
use serde_json::Value;

/// The members of bitcoind's answers that are fractions, and no amounts in BTC.
const FRACTIONS: [&str; 6] = [
    "difficulty",
    "minping",
    "networkhashps",
    "pingtime",
    "pingwait",
    "verificationprogress",
];

/// `result`, the result of `method`, as text.
pub(super) fn write(result: &Value, method: &str) -> String {
    let name = if method == "getdifficulty" {
        "difficulty"
    } else {
        ""
    };
    let mut text = String::new();
    append(result, name, &mut text);
    text
}

/// Appends `value`, which is called `name`, or is part of what is.
fn append(value: &Value, name: &str, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut before = '{';
            for (name, value) in members {
                text.push(before);
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                append(value, name, text);
                before = ',';
            }
            text.push_str(if members.is_empty() { "{}" } else { "}" });
        }
        Value::Array(items) => {
            let mut before = '[';
            for item in items {
                text.push(before);
                append(item, name, text);
                before = ',';
            }
            text.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or_default();
            text.push_str(&if FRACTIONS.contains(&name) {
                fraction(number)
            } else {
                amount(number)
            });
        }
        other => text.push_str(&other.to_string()),
    }
}

/// An amount in BTC.
fn amount(btc: f64) -> String {
    const COIN: u64 = 100_000_000;
    match Amount::from_btc(btc) {
        Ok(amount) => format!("{}.{:08}", amount.to_sat() / COIN, amount.to_sat() % COIN),
        Err(_) => fraction(btc),
    }
}

/// As C writes it with `%.16g`.
fn fraction(number: f64) -> String {
    const DIGITS: i32 = 16;
    let scientific = format!("{number:.15e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..DIGITS).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", without_zeros(digits), exponent.abs());
    }
    let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
    without_zeros(&format!("{number:.decimals$}")).to_owned()
}

/// `digits` without what its fraction ends in that says nothing.
fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fractions_have_the_digits_that_bitcoind_gives_them() {
        for (number, text) in [
            (4.656_542_373_906_925e-10, "4.656542373906925e-10"),
            (92_049_594_548_485.47, "92049594548485.47"),
            (1.862_645_149_230_957e-9, "1.862645149230957e-09"),
            (0.1 + 0.2, "0.3"),
            (1.0 / 3.0, "0.3333333333333333"),
            (2.0 / 3.0, "0.6666666666666666"),
            (1.0, "1"),
            (0.0, "0"),
            (0.000_1, "0.0001"),
            (0.000_012_5, "1.25e-05"),
            (123_456_789_012_345_680.0, "1.234567890123457e+17"),
            (9_999_999_999_999_998.0, "9999999999999998"),
            (1e16, "1e+16"),
            (1e100, "1e+100"),
            (100.0, "100"),
        ] {
            assert_eq!(fraction(number), text);
        }
    }

    #[test]
    fn amounts_have_eight_decimals_wherever_they_stand() {
        let result = json!({
            "difficulty": 1.0, "value": 50.0, "fees": { "base": 0.000_01 }, "n": 1, "list": [0.0, 20_999_999.976_9],
            "text": "a\"b", "none": null, "is": true, "empty": [[], {}]
        });
        let wanted = concat!(
            r#"{"difficulty":1,"value":50.00000000,"fees":{"base":0.00001000},"n":1,"#,
            r#""list":[0.00000000,20999999.97690000],"text":"a\"b","none":null,"is":true,"#,
            r#""empty":[[],{}]}"#
        );
        assert_eq!(write(&result, "x"), wanted);
        assert_eq!(
            [write(&json!(1.5), "getdifficulty"), write(&json!(1.5), "x")],
            ["1.5", "1.50000000"]
        );
    }
}
