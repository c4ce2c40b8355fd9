//! Booleans, in all spellings that the original API accepts.

use serde_json::{Value, value::RawValue};

use super::FromJson;

/// A boolean in a request.
///
/// The OpenAPI document shows a plain boolean, because new clients do not need the other spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

impl Flag {
    pub(crate) const MESSAGE: &str = "Not a valid boolean.";

    const TRUE: [&str; 14] =
        ["t", "T", "true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "1"];
    const FALSE: [&str; 14] =
        ["f", "F", "false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF", "0"];

    /// Parses a spelling of true or false.
    pub(crate) fn from_text(text: &str) -> Result<Self, &'static str> {
        if Self::TRUE.contains(&text) {
            Ok(Self(true))
        } else if Self::FALSE.contains(&text) {
            Ok(Self(false))
        } else {
            Err(Self::MESSAGE)
        }
    }

    /// Parses 1 as true and 0 as false. `1` and `1.0` are the same number in JSON.
    fn from_number(number: f64) -> Result<Self, &'static str> {
        if number == 1.0 {
            Ok(Self(true))
        } else if number == 0.0 {
            Ok(Self(false))
        } else {
            Err(Self::MESSAGE)
        }
    }
}

impl FromJson for Flag {
    fn from_json(json: &RawValue) -> Result<Self, &'static str> {
        match serde_json::from_str(json.get()).map_err(|_| Self::MESSAGE)? {
            Value::Bool(flag) => Ok(Self(flag)),
            Value::String(text) => Self::from_text(&text),
            Value::Number(number) => Self::from_number(number.as_f64().unwrap_or(f64::NAN)),
            Value::Null | Value::Array(_) | Value::Object(_) => Err(Self::MESSAGE),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn from_json(value: &Value) -> Result<Flag, &'static str> {
        Flag::from_json(&serde_json::value::to_raw_value(value).unwrap())
    }

    #[test]
    fn every_spelling_of_the_original_api_is_accepted() {
        let true_ones = "t T true True TRUE y Y yes Yes YES on On ON 1";
        let false_ones = "f F false False FALSE n N no No NO off Off OFF 0";
        for (spellings, expected) in [(true_ones, true), (false_ones, false)] {
            for text in spellings.split(' ') {
                assert_eq!(Flag::from_text(text), Ok(Flag(expected)), "{text}");
                assert_eq!(from_json(&json!(text)), Ok(Flag(expected)), "{text}");
            }
        }
    }

    #[test]
    fn json_booleans_and_the_numbers_0_and_1_are_accepted() {
        for (value, expected) in [
            (json!(true), true),
            (json!(1), true),
            (json!(1.0), true),
            (json!(false), false),
            (json!(0), false),
            (json!(-0.0), false),
        ] {
            assert_eq!(from_json(&value), Ok(Flag(expected)), "{value}");
        }
    }

    #[test]
    fn any_other_value_is_rejected() {
        for value in [
            json!("tRUE"),
            json!(""),
            json!(" true"),
            json!("10"),
            json!("null"),
            json!(2),
            json!(-1),
            json!(0.5),
            json!([]),
            json!([true]),
            json!({}),
            json!(null),
        ] {
            assert_eq!(from_json(&value), Err(Flag::MESSAGE), "{value}");
        }
        let too_large = RawValue::from_string("1e999".to_owned()).unwrap();
        assert_eq!(Flag::from_json(&too_large), Err(Flag::MESSAGE));
    }
}
