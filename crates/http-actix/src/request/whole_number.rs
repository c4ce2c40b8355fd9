//! Whole numbers in a JSON body.

use serde_json::{Number, value::RawValue};

use super::FromJson;

/// A whole number in a JSON body.
///
/// A number of up to 64 bits outside the range of `u32` becomes the nearest `u32`. So it gets the
/// same message as any other number that is out of bounds. A longer number is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WholeNumber(pub(crate) u32);

impl FromJson for WholeNumber {
    fn from_json(json: &RawValue) -> Result<Self, &'static str> {
        const MESSAGE: &str = "Not a valid integer.";
        let number: Number = serde_json::from_str(json.get()).map_err(|_| MESSAGE)?;
        match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Ok(Self(u32::try_from(number).unwrap_or(u32::MAX))),
            (None, Some(_)) => Ok(Self(0)),
            (None, None) => Err(MESSAGE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<u32> {
        let json: Box<RawValue> = serde_json::from_str(json).unwrap();
        WholeNumber::from_json(&json).ok().map(|WholeNumber(number)| number)
    }

    #[test]
    fn only_whole_numbers_are_valid() {
        for (json, expected) in [
            ("0", Some(0)),
            ("86400", Some(86_400)),
            ("-1", Some(0)),
            ("99999999999", Some(u32::MAX)),
            ("1.5", None),
            ("1.0", None),
            ("1e3", None),
            ("\"60\"", None),
            ("true", None),
            ("[]", None),
        ] {
            assert_eq!(read(json), expected, "{json}");
        }
    }
}
