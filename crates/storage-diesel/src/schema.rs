// @generated automatically by Diesel CLI.

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    api_keys (id) {
        id -> PortableUuid,
        name -> Text,
        scope -> Text,
        hash -> Binary,
        created_at -> PortableTimestamp,
        expires_at -> Nullable<PortableTimestamp>,
        revoked_at -> Nullable<PortableTimestamp>,
        last_used_at -> Nullable<PortableTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    idempotency_keys (key) {
        key -> Text,
        fingerprint -> Binary,
        post_id -> PortableUuid,
        recorded_at -> PortableTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    post_counts (published, slot) {
        published -> Bool,
        slot -> Integer,
        posts -> BigInt,
    }
}

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
        version -> BigInt,
        words -> PortableTokens,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::*;

    secrets (name) {
        name -> Text,
        value -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    api_keys,
    idempotency_keys,
    post_counts,
    posts,
    secrets,
);
