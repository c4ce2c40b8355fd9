//! Where a list goes on: a place in its order, as a text that a client hands back as it is.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Position, PostId, Selection, SortKey, SortValue, Timestamp, Title};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Sort;

const MESSAGE_NO_CURSOR: &str = "Not a valid cursor.";
const MESSAGE_OTHER_LIST: &str = "Made for another filter or order.";

/// What the first byte of a cursor says: how the rest is to be read.
const FORM: u8 = 1;

/// How many bytes of a hash tell one selection from another.
const SELECTION_BYTES: usize = 8;
const ID_BYTES: usize = 16;

/// A place in the order of one selection. As bytes, in URL-safe base64: the form, which selection,
/// the post's id, and what it is sorted by.
pub(crate) struct Cursor;

impl Cursor {
    /// The cursor of a place in a selection.
    pub(crate) fn write(selection: &Selection, Position { value, id }: &Position) -> String {
        let mut bytes = vec![FORM];
        bytes.extend(name_of(selection));
        bytes.extend(id.as_uuid().as_bytes());
        match value {
            SortValue::CreatedAt(time) | SortValue::UpdatedAt(time) => {
                bytes.extend(time.as_unix_micros().to_be_bytes());
            }
            SortValue::Title(title) => bytes.extend(title.as_str().bytes()),
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place that a cursor of this selection stands for.
    pub(crate) fn read(selection: &Selection, text: &str) -> Result<Position, Vec<String>> {
        let parts = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| parts(&bytes));
        let (name, id, value) = parts.ok_or_else(|| vec![MESSAGE_NO_CURSOR.to_owned()])?;
        if name != name_of(selection) {
            return Err(vec![MESSAGE_OTHER_LIST.to_owned()]);
        }
        let value = sort_value(selection.order.key, &value);
        let value = value.ok_or_else(|| vec![MESSAGE_NO_CURSOR.to_owned()])?;
        Ok(Position { value, id: PostId::new(Uuid::from_bytes(id)) })
    }
}

type Parts = ([u8; SELECTION_BYTES], [u8; ID_BYTES], Vec<u8>);

fn parts(bytes: &[u8]) -> Option<Parts> {
    let (&[FORM], rest) = bytes.split_first_chunk()? else { return None };
    let (selection, rest) = rest.split_first_chunk()?;
    let (id, value) = rest.split_first_chunk()?;
    Some((*selection, *id, value.to_vec()))
}

fn sort_value(key: SortKey, bytes: &[u8]) -> Option<SortValue> {
    let time = || Timestamp::from_unix_micros(i64::from_be_bytes(bytes.try_into().ok()?));
    Some(match key {
        SortKey::CreatedAt => SortValue::CreatedAt(time()?),
        SortKey::UpdatedAt => SortValue::UpdatedAt(time()?),
        SortKey::Title => SortValue::Title(Title::new(str::from_utf8(bytes).ok()?).ok()?),
    })
}

/// What tells a selection from others: the beginning of the SHA-256 of all that it asks for.
fn name_of(selection: &Selection) -> [u8; SELECTION_BYTES] {
    let mut hash = Sha256::new();
    hash.update(Sort(selection.order).name());
    hash.update(match selection.filter.published {
        None => [0],
        Some(false) => [1],
        Some(true) => [2],
    });
    for word in selection.filter.search.words() {
        // A byte that no word has.
        hash.update([0xff]);
        hash.update(word);
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::{PostFilter, PostOrder, Search};
    use proptest::prelude::*;

    use super::*;

    fn selections() -> impl Strategy<Value = Selection> {
        let search = "[a-c ]{0,5}".prop_map(|text| Search::parse(&text).unwrap());
        (any::<Option<bool>>(), search, 0..PostOrder::ALL.len()).prop_map(
            |(published, search, n)| Selection {
                filter: PostFilter { published, search },
                order: PostOrder::ALL[n],
            },
        )
    }

    fn place(selection: &Selection, micros: i64, title: &str, id: u128) -> Position {
        let time = Timestamp::from_unix_micros(micros).unwrap();
        let value = match selection.order.key {
            SortKey::CreatedAt => SortValue::CreatedAt(time),
            SortKey::UpdatedAt => SortValue::UpdatedAt(time),
            SortKey::Title => SortValue::Title(Title::new(title).unwrap()),
        };
        Position { value, id: PostId::new(Uuid::from_u128(id)) }
    }

    proptest! {
        #[test]
        fn a_place_reads_as_it_was_written(
            selection in selections(),
            micros in Timestamp::MIN.as_unix_micros()..=Timestamp::MAX.as_unix_micros(),
            title in "[^\0]{3,100}",
            id in any::<u128>(),
        ) {
            let place = place(&selection, micros, &title, id);

            let text = Cursor::write(&selection, &place);

            prop_assert_eq!(Cursor::read(&selection, &text), Ok(place));
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        }

        #[test]
        fn a_cursor_is_of_no_use_in_another_list(one in selections(), other in selections()) {
            prop_assume!(one != other);

            let text = Cursor::write(&one, &place(&one, 0, "A title", 7));

            prop_assert_eq!(Cursor::read(&other, &text), Err(vec![MESSAGE_OTHER_LIST.to_owned()]));
        }

        #[test]
        fn whatever_is_no_cursor_is_refused(selection in selections(), text in "\\PC{0,60}") {
            prop_assert!(Cursor::read(&selection, &text).is_err());
        }

        #[test]
        fn a_cursor_that_was_cut_or_changed_does_no_harm(
            selection in selections(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let text = Cursor::write(&selection, &place(&selection, 0, "A title", 7));
            let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;

            let _ = Cursor::read(&selection, &URL_SAFE_NO_PAD.encode(&bytes));
            let _ = Cursor::read(&selection, &URL_SAFE_NO_PAD.encode(&bytes[..at]));
        }
    }
}
