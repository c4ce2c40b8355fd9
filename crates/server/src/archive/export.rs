//! From a store to a file.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use domain::ports::PostStore;

use super::{ArchiveError, Digest, for_each_page, line, progress};

/// The name that stands for standard input and output.
pub(super) const STANDARD: &str = "-";

/// Writes every post as a line of NDJSON, by ascending id, to a file or, where its name is `-`, to
/// standard output.
///
/// # Errors
///
/// [`ArchiveError::File`], also when the file exists already; and what the store says.
pub async fn export(from: &dyn PostStore, file: &Path) -> Result<Digest, ArchiveError> {
    let file_error = |cause| ArchiveError::File { file: file.display().to_string(), cause };
    let mut output: Box<dyn Write> = if file == Path::new(STANDARD) {
        Box::new(BufWriter::new(io::stdout().lock()))
    } else {
        Box::new(BufWriter::new(File::create_new(file).map_err(file_error)?))
    };
    let total = from.count().await.map_err(ArchiveError::Read)?;
    let bar = progress::bar("exporting", total, 0);
    let mut digest = Digest::default();
    for_each_page(from, None, ArchiveError::Read, async |page| {
        for post in &page {
            writeln!(output, "{}", line::write(post)).map_err(file_error)?;
            digest.add(post);
        }
        bar.inc(u64::try_from(page.len()).unwrap_or_default());
        Ok(())
    })
    .await?;
    output.flush().map_err(file_error)?;
    bar.finish();
    Ok(digest)
}
