//! From a store to a file.

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use domain::ports::PostStore;
use tempfile::NamedTempFile;

use super::{ArchiveError, Digest, for_each_page, line, progress};

/// The name that stands for standard input and output.
pub(super) const STANDARD: &str = "-";

/// Writes every post as a line of NDJSON, by ascending id, to a file or, where its name is `-`, to
/// standard output. The file is there when it is complete, and not before.
///
/// # Errors
///
/// [`ArchiveError::File`], also when the file exists already; and what the store says.
pub async fn export(from: &dyn PostStore, file: &Path) -> Result<Digest, ArchiveError> {
    let file_error = |cause| ArchiveError::File { file: file.display().to_string(), cause };
    if file == Path::new(STANDARD) {
        return write_lines(from, &mut io::stdout().lock(), file_error).await;
    }
    if file.exists() {
        return Err(file_error(io::ErrorKind::AlreadyExists.into()));
    }
    let absolute = std::path::absolute(file).map_err(file_error)?;
    let folder = absolute.parent().unwrap_or(&absolute);
    let mut unfinished = NamedTempFile::new_in(folder).map_err(file_error)?;
    let digest = write_lines(from, &mut unfinished, file_error).await?;
    unfinished.as_file().sync_all().map_err(file_error)?;
    unfinished.persist_noclobber(file).map_err(|error| file_error(error.error))?;
    Ok(digest)
}

async fn write_lines(
    from: &dyn PostStore,
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
