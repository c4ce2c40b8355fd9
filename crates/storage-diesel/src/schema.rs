// @generated automatically by Diesel CLI.

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    posts (id) {
        id -> PortableUuid,
        title -> Text,
        content -> Text,
        published -> Bool,
        created_at -> PortableTimestamp,
        updated_at -> PortableTimestamp,
    }
}
