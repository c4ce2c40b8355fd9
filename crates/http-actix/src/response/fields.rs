//! The parameter `fields`: which fields of posts are wanted.

use super::problems::message_one_of;

/// A field of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Content,
    CreatedAt,
    Id,
    Published,
    Title,
    UpdatedAt,
}

impl Field {
    pub(crate) const ALL: [Self; 6] =
        [Self::Content, Self::CreatedAt, Self::Id, Self::Published, Self::Title, Self::UpdatedAt];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::CreatedAt => "created_at",
            Self::Id => "id",
            Self::Published => "published",
            Self::Title => "title",
            Self::UpdatedAt => "updated_at",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// Some fields of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields(Vec<Field>);

impl Fields {
    /// All that there are.
    pub(crate) fn all() -> Self {
        Self(Field::ALL.to_vec())
    }

    /// What a text that names fields looks like, as a regular expression (ECMA 262).
    pub(crate) fn pattern() -> String {
        let name = Field::ALL.map(Field::name).join("|");
        format!("^({name})(,({name}))*$")
    }

    /// Reads names with commas between them.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let fields = text.split(',').map(|name| Field::parse(name.trim())).collect();
        let names = || Field::ALL.into_iter().map(|field| field.name().to_owned());
        Option::map(fields, Self).ok_or_else(|| vec![message_one_of(names())])
    }

    pub(crate) fn contain(&self, field: Field) -> bool {
        self.0.contains(&field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_with_commas_between_them() {
        let fields = Fields::parse("id, title,id").unwrap();

        for field in Field::ALL {
            assert_eq!(fields.contain(field), [Field::Id, Field::Title].contains(&field));
        }
    }

    #[test]
    fn a_name_that_is_no_field_is_answered_with_those_there_are() {
        for text in ["", "id,", "ID", "version", "id;title"] {
            assert_eq!(
                Fields::parse(text),
                Err(vec![
                    "Must be one of: content, created_at, id, published, title, updated_at."
                        .to_owned()
                ])
            );
        }
    }
}
