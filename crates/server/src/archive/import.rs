//! Imports the posts of a file into a store.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Seek as _, Write as _},
    path::Path,
};

use domain::{Post, PostId, Scope, ports::BlogStore};

use super::{
    ArchiveError, Digest, PAGE_SIZE, digest_of, export::STDIO, insert_in_batches, line, progress,
};

/// The maximum number of invalid lines whose problems are reported.
const MAX_REPORTED_LINES: usize = 100;

/// Inserts the posts of a file, with their ids, times and versions. Each post is one line of
/// NDJSON.
///
/// The file name `-` is standard input. Empty lines are skipped. All lines are validated before the
/// first post is inserted, so a file with an invalid line inserts nothing. Returns the digest of
/// the file's posts.
///
/// With `resume`, a post that the target already has is skipped. If the target has a different post
/// with the same id, the line is invalid.
///
/// # Errors
///
/// - [`ArchiveError::TargetNotEmpty`] when the target has posts and `resume` is not set.
/// - [`ArchiveError::InvalidLines`] when a line is invalid.
/// - [`ArchiveError::DigestMismatch`] when the target was empty before the import, and the target
///   and the file differ at the end.
/// - [`ArchiveError::CountMismatch`] when the target had posts before the import, and has an
///   unexpected number of posts at the end.
/// - [`ArchiveError::File`] when the file or a temporary file cannot be read or written.
/// - [`ArchiveError::Read`] and [`ArchiveError::Write`] when the store fails.
pub async fn import(to: &dyn BlogStore, file: &Path, resume: bool) -> Result<Digest, ArchiveError> {
    let before = to.count().await.map_err(ArchiveError::Read)?;
    if before > 0 && !resume {
        return Err(ArchiveError::TargetNotEmpty { count: before });
    }
    let file_error = |cause| ArchiveError::File { file: file.display().to_string(), cause };
    let input: Box<dyn BufRead> = if file == Path::new(STDIO) {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(file).map_err(file_error)?))
    };

    let (spool, digest) = validate(to, input, resume).await?;

    let bar = progress::bar("importing", digest.count, 0);
    let (mut page, mut inserted) = (Vec::new(), 0);
    for line in BufReader::new(spool).lines() {
        let line = line.map_err(spool_error)?;
        page.extend(line::read(&line));
        inserted += 1;
        if page.len() >= usize::try_from(PAGE_SIZE).unwrap_or_default() {
            insert_page(to, &mut page).await?;
            bar.inc(PAGE_SIZE.into());
        }
    }
    insert_page(to, &mut page).await?;
    bar.finish_and_clear();

    if before > 0 {
        let (expected, actual) = (before + inserted, to.count().await.map_err(ArchiveError::Read)?);
        if actual != expected {
            return Err(ArchiveError::CountMismatch { expected, actual });
        }
    } else {
        let stored = digest_of(to).await?;
        if stored != digest {
            return Err(ArchiveError::DigestMismatch { from: digest, to: stored });
        }
    }
    Ok(digest)
}

/// Inserts the posts of a page and empties the page.
async fn insert_page(to: &dyn BlogStore, page: &mut Vec<Post>) -> Result<(), ArchiveError> {
    insert_in_batches(to, page).await.map_err(ArchiveError::Write)?;
    page.clear();
    Ok(())
}

fn spool_error(cause: io::Error) -> ArchiveError {
    ArchiveError::File { file: "a temporary file".to_owned(), cause }
}

/// Validates every line. Returns a temporary file with the lines to insert, and the digest of all
/// posts. The temporary file is needed because standard input cannot be read twice.
async fn validate(
    to: &dyn BlogStore,
    mut input: Box<dyn BufRead>,
    resume: bool,
) -> Result<(File, Digest), ArchiveError> {
    let mut spool = BufWriter::new(tempfile::tempfile().map_err(spool_error)?);
    let (mut ids, mut digest) = (HashSet::new(), Digest::default());
    let (mut invalid, mut omitted) = (Vec::new(), 0);
    let mut bytes = Vec::new();
    for number in 1_u64.. {
        bytes.clear();
        let length = input.read_until(b'\n', &mut bytes).map_err(|cause| ArchiveError::File {
            file: format!("line {number} of the input"),
            cause,
        })?;
        if length == 0 {
            break;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        match validate_line(to, &bytes, &mut ids, resume).await? {
            Ok((post, is_stored)) => {
                digest.add(&post);
                if !is_stored {
                    writeln!(spool, "{}", line::write(&post)).map_err(spool_error)?;
                }
            }
            Err(problems) if invalid.len() < MAX_REPORTED_LINES => {
                invalid.push((number, problems));
            }
            Err(_) => omitted += 1,
        }
    }
    if !invalid.is_empty() {
        return Err(ArchiveError::InvalidLines { lines: invalid, omitted });
    }
    let mut spool = spool.into_inner().map_err(|error| spool_error(error.into_error()))?;
    spool.rewind().map_err(spool_error)?;
    Ok((spool, digest))
}

/// Returns the post of a line and whether the target already has it, or the problems of the line.
async fn validate_line(
    to: &dyn BlogStore,
    line: &[u8],
    ids: &mut HashSet<PostId>,
    resume: bool,
) -> Result<Result<(Post, bool), String>, ArchiveError> {
    let Ok(text) = str::from_utf8(line.trim_ascii_end()) else {
        return Ok(Err("not UTF-8".to_owned()));
    };
    let post = match line::read(text) {
        Ok(post) => post,
        Err(problems) => return Ok(Err(problems)),
    };
    if !ids.insert(post.id()) {
        return Ok(Err(format!("id: {} is already used on an earlier line", post.id())));
    }
    let stored = if resume {
        to.find(post.id(), Scope::Everything).await.map_err(ArchiveError::Read)?
    } else {
        None
    };
    Ok(match stored {
        Some(stored) if stored != post => {
            Err(format!("id: the target has a different post with the id {}", post.id()))
        }
        stored => Ok((post, stored.is_some())),
    })
}
