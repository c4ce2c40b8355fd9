//! What is wrong with a request.

use std::collections::BTreeMap;

pub(crate) const MESSAGE_INVALID_JSON: &str = "Invalid JSON body.";
pub(crate) const MESSAGE_KEY_USED: &str = "Used before, for another body.";
pub(crate) const MESSAGE_MISSING: &str = "Missing data for required field.";
pub(crate) const MESSAGE_NULL: &str = "Field may not be null.";
pub(crate) const MESSAGE_UNKNOWN: &str = "Unknown field.";
pub(crate) const MESSAGE_NO_OBJECT: &str = "Invalid input type.";

/// What is wrong with a name that is not one of `names`.
pub(crate) fn message_one_of(names: impl Iterator<Item = String>) -> String {
    format!("Must be one of: {}.", names.collect::<Vec<_>>().join(", "))
}

/// The name that stands for a body as a whole.
pub(crate) const SCHEMA: &str = "_schema";

/// The part of a request that something is wrong with.
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

/// A part of a request and everything that is wrong with it.
#[derive(Debug, Clone)]
pub(crate) struct Invalid {
    pub(crate) part: Part,
    pub(crate) problems: Problems,
}

impl Invalid {
    /// One problem of one field.
    pub(crate) fn one(part: Part, field: &str, message: &str) -> Self {
        let mut problems = Problems::default();
        problems.add(field, message);
        Self { part, problems }
    }
}

/// Collects what is wrong, field by field.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problems(BTreeMap<String, Vec<String>>);

impl Problems {
    pub(crate) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.entry(field.to_owned()).or_default().push(message.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages, by the name of their field.
    pub(crate) fn by_field(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }
}
