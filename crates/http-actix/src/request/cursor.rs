//! Cursors. A cursor is an opaque string that contains the keyset after which a list continues.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Keyset, PostFilter, PostId, PostQuery, Scope, SortKey, SortValue, Timestamp, Title};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Sort;

const MESSAGE_INVALID_CURSOR: &str = "Not a valid cursor.";
const MESSAGE_OTHER_QUERY: &str = "Made for another filter or order.";

/// The version of the cursor format. It is the first byte of a cursor. Increment it when the format
/// changes.
const FORMAT: u8 = 2;

/// The length of a query's fingerprint, in bytes.
const FINGERPRINT_BYTES: usize = 8;
const ID_BYTES: usize = 16;

/// Encodes and decodes the keyset after which the result of a query continues.
///
/// A cursor is the URL-safe base64 of four values: the format version, the fingerprint of the
/// query, and the id and the sort value of the keyset.
pub(crate) struct Cursor;

impl Cursor {
    /// Encodes a keyset as a cursor for `query`.
    pub(crate) fn write(query: &PostQuery, Keyset { value, id }: &Keyset) -> String {
        let mut bytes = vec![FORMAT];
        bytes.extend(fingerprint(query));
        bytes.extend(id.as_uuid().as_bytes());
        match value {
            SortValue::CreatedAt(time) | SortValue::UpdatedAt(time) => {
                bytes.extend(time.as_unix_micros().to_be_bytes());
            }
            SortValue::Title(title) => bytes.extend(title.as_str().bytes()),
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Decodes a cursor. It must have been encoded for the scope, filter and order of `query`.
    pub(crate) fn read(query: &PostQuery, text: &str) -> Result<Keyset, Vec<String>> {
        let parts = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| parts(&bytes));
        let (query_fingerprint, id, value) =
            parts.ok_or_else(|| vec![MESSAGE_INVALID_CURSOR.to_owned()])?;
        if query_fingerprint != fingerprint(query) {
            return Err(vec![MESSAGE_OTHER_QUERY.to_owned()]);
        }
        let value = sort_value(query.order.key, &value);
        let value = value.ok_or_else(|| vec![MESSAGE_INVALID_CURSOR.to_owned()])?;
        Ok(Keyset { value, id: PostId::new(Uuid::from_bytes(id)) })
    }
}

type Parts = ([u8; FINGERPRINT_BYTES], [u8; ID_BYTES], Vec<u8>);

fn parts(bytes: &[u8]) -> Option<Parts> {
    let (&[FORMAT], rest) = bytes.split_first_chunk()? else { return None };
    let (fingerprint, rest) = rest.split_first_chunk()?;
    let (id, value) = rest.split_first_chunk()?;
    Some((*fingerprint, *id, value.to_vec()))
}

fn sort_value(key: SortKey, bytes: &[u8]) -> Option<SortValue> {
    let time = || Timestamp::from_unix_micros(i64::from_be_bytes(bytes.try_into().ok()?));
    Some(match key {
        SortKey::CreatedAt => SortValue::CreatedAt(time()?),
        SortKey::UpdatedAt => SortValue::UpdatedAt(time()?),
        SortKey::Title => SortValue::Title(Title::new(str::from_utf8(bytes).ok()?).ok()?),
    })
}

/// Computes the fingerprint of a query: the first bytes of a SHA-256 hash of its scope, filter and
/// order.
///
/// The window is not part of the fingerprint, because each page has another window.
fn fingerprint(query: &PostQuery) -> [u8; FINGERPRINT_BYTES] {
    let PostQuery { scope, filter, order, window: _ } = query;
    let PostFilter { published, search } = filter;
    let mut hash = Sha256::new();
    hash.update(match scope {
        Scope::Everything => [0],
        Scope::PublishedOnly => [1],
    });
    hash.update(Sort(*order).name());
    hash.update(match published {
        None => [0],
        Some(false) => [1],
        Some(true) => [2],
    });
    for term in search.terms() {
        // A separator that does not occur in UTF-8 text.
        hash.update([0xff]);
        hash.update(term);
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::{PageSize, PostOrder, Search, Window};
    use proptest::prelude::*;

    use super::*;

    fn queries() -> impl Strategy<Value = PostQuery> {
        let search = "[a-c ]{0,5}".prop_map(|text| Search::parse(&text).unwrap());
        let scope = prop::sample::select(vec![Scope::Everything, Scope::PublishedOnly]);
        let order = prop::sample::select(PostOrder::ALL.to_vec());
        (scope, any::<Option<bool>>(), search, order).prop_map(
            |(scope, published, search, order)| PostQuery {
                scope,
                filter: PostFilter { published, search },
                order,
                window: Window::first(PageSize::DEFAULT),
            },
        )
    }

    fn keyset(query: &PostQuery, micros: i64, title: &str, id: u128) -> Keyset {
        let time = Timestamp::from_unix_micros(micros).unwrap();
        let value = match query.order.key {
            SortKey::CreatedAt => SortValue::CreatedAt(time),
            SortKey::UpdatedAt => SortValue::UpdatedAt(time),
            SortKey::Title => SortValue::Title(Title::new(title).unwrap()),
        };
        Keyset { value, id: PostId::new(Uuid::from_u128(id)) }
    }

    proptest! {
        #[test]
        fn a_keyset_survives_a_round_trip(
            query in queries(),
            micros in Timestamp::MIN.as_unix_micros()..=Timestamp::MAX.as_unix_micros(),
            title in "[^\0]{3,100}",
            id in any::<u128>(),
        ) {
            let keyset = keyset(&query, micros, &title, id);

            let text = Cursor::write(&query, &keyset);

            prop_assert_eq!(Cursor::read(&query, &text), Ok(keyset));
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        }

        #[test]
        fn a_cursor_of_another_query_is_rejected(one in queries(), other in queries()) {
            prop_assume!(one != other);

            let text = Cursor::write(&one, &keyset(&one, 0, "A title", 7));

            prop_assert_eq!(Cursor::read(&other, &text), Err(vec![MESSAGE_OTHER_QUERY.to_owned()]));
        }

        #[test]
        fn text_that_is_not_a_cursor_is_rejected(query in queries(), text in "\\PC{0,60}") {
            prop_assert!(Cursor::read(&query, &text).is_err());
        }

        #[test]
        fn a_truncated_or_changed_cursor_does_not_panic(
            query in queries(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let text = Cursor::write(&query, &keyset(&query, 0, "A title", 7));
            let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;

            let _ = Cursor::read(&query, &URL_SAFE_NO_PAD.encode(&bytes));
            let _ = Cursor::read(&query, &URL_SAFE_NO_PAD.encode(&bytes[..at]));
        }
    }
}
