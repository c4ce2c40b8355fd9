//! Entity tags (RFC 9110, section 8.8.3).
//!
//! The tag of a post is its version in quotes: `"7"`. A strong tag identifies the exact bytes of a
//! response, so each content coding has its own tag: `"7-gzip"`. Both tags identify version 7.

use actix_web::http::header::{EntityTag, HeaderMap, HeaderName};
use domain::{Version, Versions};
use sha2::{Digest as _, Sha256};

use crate::header_list::elements;

/// The content codings that a response can have.
const CODINGS: [&str; 4] = ["br", "deflate", "gzip", "zstd"];

/// Returns the strong tag of a version.
pub(crate) fn from_version(version: Version) -> EntityTag {
    EntityTag::new_strong(version.to_string())
}

/// Computes a strong tag by hashing `parts` with SHA-256.
pub(crate) fn from_content<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> EntityTag {
    /// 128 bits make a collision between two responses of one URL improbable.
    const BYTES: usize = 16;
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        // A separator that does not occur in UTF-8 text.
        hash.update([0xff]);
    }
    let hash = hash.finalize();
    EntityTag::new_strong(hash.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect())
}

/// Adds the suffix of a content coding to `tag`. `identity` and unknown codings have no suffix.
pub(crate) fn with_coding(tag: &EntityTag, coding: &str) -> EntityTag {
    if CODINGS.contains(&coding) {
        EntityTag::new(tag.weak, format!("{}-{coding}", tag.tag()))
    } else {
        tag.clone()
    }
}

/// Returns the version that a tag identifies. Returns `None` if [`from_version`] creates this tag
/// for no version.
fn version(tag: &str) -> Option<Version> {
    let version = Version::new(tag.parse().ok()?).ok()?;
    (from_version(version).tag() == tag).then_some(version)
}

/// Removes the suffix of a content coding from a tag.
fn without_coding(tag: &str) -> &str {
    match tag.rsplit_once('-') {
        Some((tag, coding)) if CODINGS.contains(&coding) => tag,
        _ => tag,
    }
}

/// The value of an `If-Match` or `If-None-Match` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntityTags {
    /// `*`: any current version.
    Any,
    /// A list of tags, without the list elements that are not valid tags.
    Listed(Vec<EntityTag>),
}

impl EntityTags {
    /// Reads the header field `name`. `None` if it is absent.
    pub(crate) fn read(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        if !headers.contains_key(name) {
            return None;
        }
        let elements: Vec<&str> = elements(headers, name).collect();
        Some(match elements.as_slice() {
            ["*"] => Self::Any,
            listed => Self::Listed(listed.iter().filter_map(|tag| tag.parse().ok()).collect()),
        })
    }

    /// Returns the versions of the strong tags, for strong comparison (RFC 9110, section 8.8.3.2).
    pub(crate) fn strong_versions(&self) -> Versions {
        self.versions(|tag| !tag.weak)
    }

    /// Returns the versions of all tags, for weak comparison (RFC 9110, section 8.8.3.2).
    pub(crate) fn all_versions(&self) -> Versions {
        self.versions(|_| true)
    }

    fn versions(&self, accepts: impl Fn(&EntityTag) -> bool) -> Versions {
        match self {
            Self::Any => Versions::Any,
            Self::Listed(tags) => Versions::OneOf(
                tags.iter()
                    .filter(|tag| accepts(tag))
                    .filter_map(|tag| version(without_coding(tag.tag())))
                    .collect(),
            ),
        }
    }

    /// Returns the first listed tag that equals `tag` by weak comparison, as a strong tag. Ignores
    /// the suffix of a content coding.
    ///
    /// `Any` returns `tag`.
    pub(crate) fn find_weak_match(&self, tag: &EntityTag) -> Option<EntityTag> {
        match self {
            Self::Any => Some(tag.clone()),
            Self::Listed(tags) => {
                let listed =
                    tags.iter().find(|listed| without_coding(listed.tag()) == tag.tag())?;
                Some(EntityTag::new_strong(listed.tag().to_owned()))
            }
        }
    }

    /// Returns whether one of the tags equals `current` by strong comparison. Ignores the suffix of
    /// a content coding.
    ///
    /// `Any` matches every response, even a response without a tag.
    pub(crate) fn has_strong_match(&self, current: Option<&EntityTag>) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => current.is_some_and(|current| {
                tags.iter().any(|tag| !tag.weak && without_coding(tag.tag()) == current.tag())
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderValue, IF_MATCH};

    use super::*;

    fn read(lines: &[&str]) -> Option<EntityTags> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_MATCH, HeaderValue::from_str(line).unwrap());
        }
        EntityTags::read(&headers, &IF_MATCH)
    }

    fn versions(numbers: &[u64]) -> Versions {
        Versions::OneOf(numbers.iter().map(|number| Version::new(*number).unwrap()).collect())
    }

    #[test]
    fn an_absent_header_is_none() {
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn an_asterisk_is_any_tag() {
        assert_eq!(read(&["*"]), Some(EntityTags::Any));
    }

    #[test]
    fn an_asterisk_counts_only_as_the_whole_header() {
        for line in ["\"a, *, b\"", "\"1\", *", "*, *"] {
            assert_ne!(read(&[line]), Some(EntityTags::Any), "{line}");
        }
    }

    #[test]
    fn tags_are_read_from_all_list_elements_and_lines() {
        let tags = read(&["\"1\", \"2-gzip\"", "\"3-br\""]).unwrap();

        assert_eq!(tags.strong_versions(), versions(&[1, 2, 3]));
    }

    #[test]
    fn a_weak_tag_matches_by_weak_comparison_only() {
        let tags = read(&["W/\"7\""]).unwrap();

        assert_eq!(tags.strong_versions(), versions(&[]));
        assert_eq!(tags.all_versions(), versions(&[7]));
    }

    #[test]
    fn an_invalid_tag_identifies_no_version() {
        for line in [
            "7",
            "\"7",
            "\"0\"",
            "\"+7\"",
            "\"007\"",
            "\"-1\"",
            "\"07x\"",
            "",
            "\"gzip\"",
            "\"18446744073709551616\"",
        ] {
            assert_eq!(read(&[line]).unwrap().strong_versions(), versions(&[]), "{line}");
        }
    }

    #[test]
    fn each_coding_has_its_own_tag_that_matches_the_plain_tag() {
        let tag = from_version(Version::FIRST);
        for coding in CODINGS {
            let coded = with_coding(&tag, coding);

            assert_ne!(coded, tag);
            assert_eq!(EntityTags::Listed(vec![coded.clone()]).find_weak_match(&tag), Some(coded));
        }
        assert_eq!(with_coding(&tag, "identity"), tag);
    }
}
