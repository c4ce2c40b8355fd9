//! Exports the posts of a store to a file.

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use domain::ports::BlogStore;
use tempfile::NamedTempFile;

use super::{ArchiveError, Digest, for_each_page, line, progress};

/// The file name for standard input and standard output.
pub(super) const STDIO: &str = "-";

/// Writes every post of a store to a file, in order of ascending id. Each post is one line of
/// NDJSON.
///
/// The file name `-` is standard output. Otherwise the posts are written to a temporary file, which
/// gets the name `file` when it is complete. Returns the digest of the posts.
///
/// # Errors
///
/// [`ArchiveError::File`] when the file cannot be written or already exists.
/// [`ArchiveError::Read`] when the store cannot be read.
pub async fn export(from: &dyn BlogStore, file: &Path) -> Result<Digest, ArchiveError> {
    let file_error = |cause| ArchiveError::File { file: file.display().to_string(), cause };
    if file == Path::new(STDIO) {
        return write_lines(from, &mut io::stdout().lock(), file_error).await;
    }
    if file.exists() {
        return Err(file_error(io::ErrorKind::AlreadyExists.into()));
    }
    let absolute = std::path::absolute(file).map_err(file_error)?;
    let folder = absolute.parent().unwrap_or(&absolute);
    let mut temporary = NamedTempFile::new_in(folder).map_err(file_error)?;
    let digest = write_lines(from, &mut temporary, file_error).await?;
    temporary.as_file().sync_all().map_err(file_error)?;
    temporary.persist_noclobber(file).map_err(|error| file_error(error.error))?;
    Ok(digest)
}

async fn write_lines(
    from: &dyn BlogStore,
    output: &mut impl Write,
    file_error: impl Fn(io::Error) -> ArchiveError,
) -> Result<Digest, ArchiveError> {
    let mut output = BufWriter::new(output);
    let total = from.count().await.map_err(ArchiveError::Read)?;
    let bar = progress::bar("exporting", total, 0);
    let mut digest = Digest::default();
    for_each_page(from, None, ArchiveError::Read, async |page| {
        for post in &page {
            writeln!(output, "{}", line::write(post)).map_err(&file_error)?;
            digest.add(post);
        }
        bar.inc(u64::try_from(page.len()).unwrap_or_default());
        Ok(())
    })
    .await?;
    output.flush().map_err(&file_error)?;
    bar.finish_and_clear();
    Ok(digest)
}
