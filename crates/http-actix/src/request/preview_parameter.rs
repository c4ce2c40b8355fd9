//! The query parameter with a preview token.

use serde_json::{Value, json};

use super::Parameters;

/// The query parameter with a preview token.
pub(crate) struct PreviewParameter;

impl PreviewParameter {
    /// The name of the parameter.
    pub(crate) const NAME: &str = "preview";

    /// Returns whether a query string has the parameter.
    pub(crate) fn is_in(query: &str) -> bool {
        // Parsing allocates memory, and few requests have the parameter. Its name can also be
        // percent-encoded.
        let may_be_in = query.contains(Self::NAME) || query.contains('%');
        may_be_in && Parameters::of(query).has(Self::NAME)
    }

    /// Returns the documentation that paperclip does not generate for the parameter.
    pub(crate) fn documentation() -> Value {
        json!({ Self::NAME: {
            "description": "A token from `createPreview`. It shows this post to any client until the \
                            token expires, also if the post is a draft.",
            "schema": { "type": "string" },
        }})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_is_found_by_its_name() {
        for (query, expected) in [
            ("preview=x", true),
            ("fields=id&preview", true),
            ("pre%76iew=x", true),
            ("q=preview", false),
            ("", false),
        ] {
            assert_eq!(PreviewParameter::is_in(query), expected, "{query}");
        }
    }
}
