//! Types that are native on each database: how they are called, written and read there.

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{BigInt, Binary, HasSqlType, SqlType},
    sqlite::Sqlite,
};
use domain::Timestamp;
use uuid::Uuid;

use crate::connection::MultiBackend;

/// A UUID: its 16 bytes on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Binary"))]
pub struct PortableUuid;

/// A point in time in UTC: microseconds since 1970 on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Long"))]
pub struct PortableTimestamp;

/// The value of a [`PortableUuid`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = PortableUuid)]
pub(crate) struct StoredUuid(pub(crate) Uuid);

/// The value of a [`PortableTimestamp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = PortableTimestamp)]
pub(crate) struct StoredTimestamp(pub(crate) Timestamp);

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
        let time = Timestamp::from_unix_micros(micros).ok_or("a time out of range")?;
        Ok(Self(time))
    }
}

/// Hands a type through [`MultiBackend`] to the database behind it.
macro_rules! portable {
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
