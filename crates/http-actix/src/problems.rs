//! Validation problems of a request.

use std::collections::BTreeMap;

pub(crate) const MESSAGE_INVALID_JSON: &str = "Invalid JSON body.";
pub(crate) const MESSAGE_KEY_USED: &str = "Used before, for another body.";
pub(crate) const MESSAGE_MISSING: &str = "Missing data for required field.";
pub(crate) const MESSAGE_NULL: &str = "Field may not be null.";
pub(crate) const MESSAGE_UNKNOWN: &str = "Unknown field.";
pub(crate) const MESSAGE_NOT_AN_OBJECT: &str = "Invalid input type.";

/// Returns the message for a value that is not one of `names`.
pub(crate) fn message_one_of(names: impl Iterator<Item = String>) -> String {
    format!("Must be one of: {}.", names.collect::<Vec<_>>().join(", "))
}

/// The key of problems that concern the whole body. It is used instead of a field name.
pub(crate) const SCHEMA: &str = "_schema";

/// The part of a request that has a problem.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Json,
    Query,
    Headers,
}

impl Part {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Query => "query",
            Self::Headers => "headers",
        }
    }
}

/// An invalid part of a request, with all its problems.
#[derive(Debug, Clone)]
pub(crate) struct Invalid {
    pub(crate) part: Part,
    pub(crate) problems: Problems,
}

impl Invalid {
    /// Creates an invalid part that has a single problem, in one field.
    pub(crate) fn one(part: Part, field: &str, message: &str) -> Self {
        let mut problems = Problems::default();
        problems.add(field, message);
        Self { part, problems }
    }
}

/// The messages about problems, collected by field.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problems(BTreeMap<String, Vec<String>>);

impl Problems {
    /// The maximum number of fields whose problems are reported. Problems of more fields are
    /// ignored, so that a request with many unknown fields gets a short response.
    const MAX_FIELDS: usize = 100;

    pub(crate) fn add(&mut self, field: &str, message: impl Into<String>) {
        if self.0.len() < Self::MAX_FIELDS || self.0.contains_key(field) {
            self.0.entry(field.to_owned()).or_default().push(message.into());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the messages by field name.
    pub(crate) fn by_field(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_problems_of_the_first_hundred_fields_are_reported() {
        let mut problems = Problems::default();
        for n in 0..80_000 {
            problems.add(&format!("field {n}"), MESSAGE_UNKNOWN);
        }
        problems.add("field 7", MESSAGE_NULL);

        assert_eq!(problems.by_field().len(), 100);
        assert_eq!(problems.by_field()["field 7"], [MESSAGE_UNKNOWN, MESSAGE_NULL]);
    }
}
