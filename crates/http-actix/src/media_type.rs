//! The media types that a body can be declared as.

/// The media types that an operation accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// JSON.
    Json,
    /// A JSON Merge Patch (RFC 7396), also when it is declared as plain JSON.
    MergePatch,
}

impl Accepted {
    /// The names of the types.
    pub(crate) const fn types(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/json"],
            Self::MergePatch => &["application/merge-patch+json", "application/json"],
        }
    }

    /// Whether a media type, ignoring its parameters, is one of them. Where JSON is accepted, so is
    /// a type with the suffix `+json` (RFC 6839, section 3.1).
    pub(crate) fn include(self, media_type: &str) -> bool {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_other_json = essence.starts_with("application/") && essence.ends_with("+json");
        self.types().contains(&&*essence) || (self == Self::Json && is_other_json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_compared_without_case_and_parameters() {
        for (media_type, as_json, as_patch) in [
            ("application/json", true, true),
            ("Application/JSON ; charset=utf-8", true, true),
            ("application/merge-patch+json", true, true),
            ("application/vnd.blog+json", true, false),
            ("application/json-patch+json", true, false),
            ("text/json", false, false),
            ("image/svg+json", false, false),
            ("application/jsonp", false, false),
            ("", false, false),
        ] {
            assert_eq!(Accepted::Json.include(media_type), as_json, "{media_type}");
            assert_eq!(Accepted::MergePatch.include(media_type), as_patch, "{media_type}");
        }
    }
}
