//! The rows of the table `secrets`.

use std::fmt;

use diesel::prelude::{AsChangeset, Insertable};
use domain::Secret;

use crate::schema::secrets;

/// A row of the table `secrets`.
#[derive(Clone, Insertable, AsChangeset)]
#[diesel(table_name = secrets, primary_key(name))]
pub(crate) struct SecretRow {
    name: &'static str,
    value: Vec<u8>,
}

impl SecretRow {
    /// The name of the secret that signs preview links.
    pub(crate) const PREVIEW: &'static str = "preview";

    pub(crate) fn new(name: &'static str, secret: Secret) -> Self {
        Self { name, value: secret.as_bytes().to_vec() }
    }
}

/// Shows only the name, so that the secret is not logged.
impl fmt::Debug for SecretRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretRow").field("name", &self.name).finish_non_exhaustive()
    }
}
