//! Media types: content negotiation with `Accept`, and the accepted types of request bodies.

use actix_web::{
    HttpMessage,
    http::header::{Accept, Header as _, Quality},
    mime,
};

/// Returns whether `Accept` names `media_type` and does not give JSON a higher quality value.
///
/// A type with the quality value 0 is not acceptable to the client. Wildcards are ignored: a client
/// that does not name the type gets JSON.
pub(crate) fn prefers(request: &impl HttpMessage, media_type: &str) -> bool {
    let Ok(accept) = Accept::parse(request) else { return false };
    let quality = |name: &str| {
        let named = accept.iter().filter(|accepted| accepted.item.essence_str() == name);
        named.map(|accepted| accepted.quality).max().unwrap_or(Quality::ZERO)
    };
    let requested = quality(media_type);
    requested > Quality::ZERO && requested >= quality(mime::APPLICATION_JSON.essence_str())
}

/// The media types that an operation accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// JSON.
    Json,
    /// A JSON Merge Patch (RFC 7396), declared as such or as plain JSON.
    MergePatch,
}

impl Accepted {
    /// Returns the names of the accepted media types.
    pub(crate) const fn types(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/json"],
            Self::MergePatch => &["application/merge-patch+json", "application/json"],
        }
    }

    /// Returns whether a media type is accepted, ignoring case and parameters.
    ///
    /// `Json` also accepts every `application` type with the suffix `+json` (RFC 6839, section
    /// 3.1).
    pub(crate) fn include(self, media_type: &str) -> bool {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_other_json = essence.starts_with("application/") && essence.ends_with("+json");
        self.types().contains(&&*essence) || (self == Self::Json && is_other_json)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_type_is_preferred_if_accept_names_it_and_ranks_json_no_higher() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html", true),
            ("application/json, text/html", true),
            ("application/json, text/html;q=0.9", false),
            ("text/html;q=0", false),
            ("*/*", false),
            ("text/*", false),
            ("application/json", false),
            ("", false),
            ("not a media type", false),
        ] {
            let request = TestRequest::default().insert_header(("Accept", accept)).to_request();
            assert_eq!(prefers(&request, "text/html"), expected, "{accept}");
        }
        assert!(!prefers(&TestRequest::default().to_request(), "text/html"));
    }

    #[test]
    fn case_and_parameters_of_a_type_are_ignored() {
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
