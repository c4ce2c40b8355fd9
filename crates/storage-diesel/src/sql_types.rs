//! SQL types that each engine stores in its own native type, and how to write and read them.

use std::{collections::BTreeSet, io::Write as _};

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::Pg,
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{BigInt, Binary, HasSqlType, SqlType},
    sqlite::Sqlite,
};
use domain::{KeyId, PostId, Timestamp};
use uuid::Uuid;

use crate::connection::MultiBackend;

/// A UUID: `uuid` on PostgreSQL, a blob of 16 bytes on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Binary"))]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
pub struct PortableUuid;

/// A point in time in UTC: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Long"))]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
pub struct PortableTimestamp;

/// The search tokens of a row: `tsvector` on PostgreSQL, a text with spaces between the tokens on
/// SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Text"))]
#[diesel(postgres_type(oid = 3614, array_oid = 3643))]
pub struct PortableTokens;

const OUT_OF_RANGE: &str = "time out of range";

/// The value of a [`PortableUuid`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = PortableUuid)]
pub(crate) struct StoredUuid(pub(crate) Uuid);

impl From<PostId> for StoredUuid {
    fn from(id: PostId) -> Self {
        Self(*id.as_uuid())
    }
}

impl From<KeyId> for StoredUuid {
    fn from(id: KeyId) -> Self {
        Self(*id.as_uuid())
    }
}

/// The value of a [`PortableTimestamp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = PortableTimestamp)]
pub(crate) struct StoredTimestamp(pub(crate) Timestamp);

/// The value of a [`PortableTokens`], which is written and never read.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression)]
#[diesel(sql_type = PortableTokens)]
pub(crate) struct StoredTokens(pub(crate) BTreeSet<String>);

impl ToSql<PortableUuid, Sqlite> for StoredUuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        <[u8] as ToSql<Binary, Sqlite>>::to_sql(self.0.as_bytes(), out)
    }
}

impl FromSql<PortableUuid, Sqlite> for StoredUuid {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<PortableTimestamp, Sqlite> for StoredTimestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_unix_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<PortableTimestamp, Sqlite> for StoredTimestamp {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        Ok(Self(Timestamp::from_unix_micros(micros).ok_or(OUT_OF_RANGE)?))
    }
}

impl ToSql<PortableUuid, Pg> for StoredUuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<PortableUuid, Pg> for StoredUuid {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

/// The microseconds from 1970-01-01 to 2000-01-01. PostgreSQL counts time from 2000-01-01.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

impl ToSql<PortableTimestamp, Pg> for StoredTimestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = self.0.as_unix_micros() - POSTGRES_EPOCH;
        ToSql::<BigInt, Pg>::to_sql(&micros, &mut out.reborrow())
    }
}

impl FromSql<PortableTimestamp, Pg> for StoredTimestamp {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        let time = micros.checked_add(POSTGRES_EPOCH).and_then(Timestamp::from_unix_micros);
        Ok(Self(time.ok_or(OUT_OF_RANGE)?))
    }
}

impl ToSql<PortableTokens, Sqlite> for StoredTokens {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        let tokens: Vec<&str> = self.0.iter().map(String::as_str).collect();
        out.set_value(tokens.join(" "));
        Ok(IsNull::No)
    }
}

impl ToSql<PortableTokens, Pg> for StoredTokens {
    /// Writes the binary format of `tsvector`: the number of tokens, then the tokens. After each
    /// token there is a null byte and the number of its positions, which is always 0.
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&i32::try_from(self.0.len())?.to_be_bytes())?;
        for token in &self.0 {
            out.write_all(token.as_bytes())?;
            out.write_all(&[0])?;
            out.write_all(&0_u16.to_be_bytes())?;
        }
        Ok(IsNull::No)
    }
}

/// Lets [`MultiBackend`] write a type: it calls the implementation of the connection's engine.
macro_rules! portable_to_write {
    ($sql_type:ident, $value:ident) => {
        impl HasSqlType<$sql_type> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$sql_type>(lookup)
            }
        }

        impl ToSql<$sql_type, MultiBackend> for $value {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value(($sql_type, self));
                Ok(IsNull::No)
            }
        }
    };
}

/// Lets [`MultiBackend`] write and read a type.
macro_rules! portable {
    ($sql_type:ident, $value:ident) => {
        portable_to_write!($sql_type, $value);

        impl FromSql<$sql_type, MultiBackend> for $value {
            fn from_sql(
                value: <MultiBackend as Backend>::RawValue<'_>,
            ) -> deserialize::Result<Self> {
                value.from_sql::<Self, $sql_type>()
            }
        }
    };
}

portable!(PortableUuid, StoredUuid);
portable!(PortableTimestamp, StoredTimestamp);
portable_to_write!(PortableTokens, StoredTokens);
