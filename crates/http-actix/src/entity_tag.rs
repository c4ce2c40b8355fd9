//! Entity tags (RFC 9110, section 8.8.3): what names a state of something.
//!
//! A post's is its version in quotes. One and the same state has a tag of its own in each content
//! coding, as the bytes differ: `"7"` is `"7-gzip"` when compressed so. Whichever a client has, it
//! means version 7.

use actix_web::http::header::{EntityTag, HeaderMap, HeaderName};
use domain::{Version, Versions};
use sha2::{Digest as _, Sha256};

use crate::header_list::members;

/// The content codings that answers can have.
const CODINGS: [&str; 4] = ["br", "deflate", "gzip", "zstd"];

/// The tag of a version.
pub(crate) fn of_version(version: Version) -> EntityTag {
    EntityTag::new_strong(version.to_string())
}

/// Computes the strong tag of a response from everything that is in it.
pub(crate) fn of_content<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> EntityTag {
    /// So long that two responses of one URL never have the same tag.
    const BYTES: usize = 16;
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        // A byte that no text has.
        hash.update([0xff]);
    }
    let hash = hash.finalize();
    EntityTag::new_strong(hash.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect())
}

/// The tag of what `tag` names, in a content coding. Without one of ours it stays as it is.
pub(crate) fn in_coding(tag: &EntityTag, coding: &str) -> EntityTag {
    if CODINGS.contains(&coding) {
        EntityTag::new(tag.weak, format!("{}-{coding}", tag.tag()))
    } else {
        tag.clone()
    }
}

/// The version that a tag names. One that is written otherwise than this server does is none.
fn version(tag: &str) -> Option<Version> {
    let version = Version::new(tag.parse().ok()?).ok()?;
    (of_version(version).tag() == tag).then_some(version)
}

/// What a tag names, whatever the coding.
fn without_coding(tag: &str) -> &str {
    match tag.rsplit_once('-') {
        Some((tag, coding)) if CODINGS.contains(&coding) => tag,
        _ => tag,
    }
}

/// The tags of a header like `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntityTags {
    /// `*`: whichever there is.
    Any,
    /// These. What is no tag names nothing, and is left out.
    Listed(Vec<EntityTag>),
}

impl EntityTags {
    /// Reads a header. `None` when it was not sent.
    pub(crate) fn read(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        if !headers.contains_key(name) {
            return None;
        }
        let members: Vec<&str> = members(headers, name).collect();
        Some(match members.as_slice() {
            ["*"] => Self::Any,
            listed => Self::Listed(listed.iter().filter_map(|tag| tag.parse().ok()).collect()),
        })
    }

    /// The versions that are meant where a version must be exactly the one that was read: a weak
    /// tag does not say that.
    pub(crate) fn strong_versions(&self) -> Versions {
        self.versions(|tag| !tag.weak)
    }

    /// The versions that are meant where it only matters what is shown.
    pub(crate) fn versions_of_any_strength(&self) -> Versions {
        self.versions(|_| true)
    }

    fn versions(&self, counts: impl Fn(&EntityTag) -> bool) -> Versions {
        match self {
            Self::Any => Versions::Any,
            Self::Listed(tags) => Versions::OneOf(
                tags.iter()
                    .filter(|tag| counts(tag))
                    .filter_map(|tag| version(without_coding(tag.tag())))
                    .collect(),
            ),
        }
    }

    /// The tag among them that means the state that `tag` names: that one, or it in a content coding.
    pub(crate) fn naming(&self, tag: &EntityTag) -> Option<EntityTag> {
        match self {
            Self::Any => Some(tag.clone()),
            Self::Listed(tags) => {
                let listed =
                    tags.iter().find(|listed| without_coding(listed.tag()) == tag.tag())?;
                Some(EntityTag::new_strong(listed.tag().to_owned()))
            }
        }
    }

    /// Whether `current` is among them by strong comparison, in any content coding. `Any` includes a
    /// state that has no tag.
    pub(crate) fn include(&self, current: Option<&EntityTag>) -> bool {
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
    fn a_header_that_was_not_sent_is_none() {
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn a_star_is_any_tag() {
        assert_eq!(read(&["*"]), Some(EntityTags::Any));
    }

    #[test]
    fn a_star_among_tags_or_in_one_is_no_tag() {
        for line in ["\"a, *, b\"", "\"1\", *", "*, *"] {
            assert_ne!(read(&[line]), Some(EntityTags::Any), "{line}");
        }
    }

    #[test]
    fn tags_come_in_lists_and_in_lines() {
        let tags = read(&["\"1\", \"2-gzip\"", "\"3-br\""]).unwrap();

        assert_eq!(tags.strong_versions(), versions(&[1, 2, 3]));
    }

    #[test]
    fn a_weak_tag_counts_only_where_strength_does_not() {
        let tags = read(&["W/\"7\""]).unwrap();

        assert_eq!(tags.strong_versions(), versions(&[]));
        assert_eq!(tags.versions_of_any_strength(), versions(&[7]));
    }

    #[test]
    fn what_is_no_tag_of_a_version_names_none() {
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
    fn every_coding_has_a_tag_of_its_own_that_means_the_same() {
        let tag = of_version(Version::FIRST);
        for coding in CODINGS {
            let coded = in_coding(&tag, coding);

            assert_ne!(coded, tag);
            assert_eq!(EntityTags::Listed(vec![coded.clone()]).naming(&tag), Some(coded));
        }
        assert_eq!(in_coding(&tag, "identity"), tag);
    }
}
