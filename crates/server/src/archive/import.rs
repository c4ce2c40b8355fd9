//! From a file to a store.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Seek as _, Write as _},
    path::Path,
};

use domain::{Post, PostId, Scope, ports::PostStore};

use super::{ArchiveError, Digest, PAGE, digest_of, export::STANDARD, line, progress, write};

/// How many bad lines to tell of one by one.
const BAD_LINES_TOLD: usize = 100;

/// Reads posts, a line of NDJSON each, from a file or, where its name is `-`, from standard input,
/// and keeps them as they are.
///
/// Every line is read before the first post is kept: of a file with a bad line nothing is. Empty
/// lines are passed over. With `resume`, so is a post that the target has already and that is the
/// same; another of the same id makes its line a bad one.
///
/// # Errors
///
/// [`ArchiveError::BadLines`]; [`ArchiveError::NotEmpty`] when the target has posts and `resume` is
/// not set; [`ArchiveError::Differ`] when an empty target does not have at the end what was read, and
/// [`ArchiveError::Miscounted`] when another has not come to have as many posts more;
/// [`ArchiveError::File`]; and what the store says.
pub async fn import(to: &dyn PostStore, file: &Path, resume: bool) -> Result<Digest, ArchiveError> {
    let before = to.count().await.map_err(ArchiveError::Read)?;
    if before > 0 && !resume {
        return Err(ArchiveError::NotEmpty { count: before });
    }
    let file_error = |cause| ArchiveError::File { file: file.display().to_string(), cause };
    let input: Box<dyn BufRead> = if file == Path::new(STANDARD) {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(file).map_err(file_error)?))
    };

    let (checked, read) = check(to, input, resume).await?;

    let bar = progress::bar("importing", read.count, 0);
    let (mut page, mut kept) = (Vec::new(), 0);
    for line in BufReader::new(checked).lines() {
        let line = line.map_err(spool_error)?;
        page.extend(line::read(&line));
        kept += 1;
        if page.len() >= usize::try_from(PAGE).unwrap_or_default() {
            keep(to, &mut page).await?;
            bar.inc(PAGE.into());
        }
    }
    keep(to, &mut page).await?;
    bar.finish_and_clear();

    if before > 0 {
        let (expected, actual) = (before + kept, to.count().await.map_err(ArchiveError::Read)?);
        if actual != expected {
            return Err(ArchiveError::Miscounted { expected, actual });
        }
    } else {
        let after = digest_of(to).await?;
        if after != read {
            return Err(ArchiveError::Differ { from: read, to: after });
        }
    }
    Ok(read)
}

async fn keep(to: &dyn PostStore, page: &mut Vec<Post>) -> Result<(), ArchiveError> {
    write(to, page).await.map_err(ArchiveError::Write)?;
    page.clear();
    Ok(())
}

fn spool_error(cause: io::Error) -> ArchiveError {
    ArchiveError::File { file: "a temporary file".to_owned(), cause }
}

/// Reads every line, and gives those to keep as a file of their own: standard input cannot be read
/// twice. Also gives the digest of all that was read.
async fn check(
    to: &dyn PostStore,
    mut input: Box<dyn BufRead>,
    resume: bool,
) -> Result<(File, Digest), ArchiveError> {
    let mut spool = BufWriter::new(tempfile::tempfile().map_err(spool_error)?);
    let (mut ids, mut digest) = (HashSet::new(), Digest::default());
    let (mut bad, mut more) = (Vec::new(), 0);
    let mut bytes = Vec::new();
    for number in 1_u64.. {
        bytes.clear();
        let length = input.read_until(b'\n', &mut bytes).map_err(|cause| ArchiveError::File {
            file: format!("the input, at line {number}"),
            cause,
        })?;
        if length == 0 {
            break;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        match check_line(to, &bytes, &mut ids, resume).await? {
            Ok((post, is_there)) => {
                digest.add(&post);
                if !is_there {
                    writeln!(spool, "{}", line::write(&post)).map_err(spool_error)?;
                }
            }
            Err(wrong) if bad.len() < BAD_LINES_TOLD => bad.push((number, wrong)),
            Err(_) => more += 1,
        }
    }
    if !bad.is_empty() {
        return Err(ArchiveError::BadLines { lines: bad, more });
    }
    let mut spool = spool.into_inner().map_err(|error| spool_error(error.into_error()))?;
    spool.rewind().map_err(spool_error)?;
    Ok((spool, digest))
}

/// The post of a line and whether the target has it already, or what is wrong with the line.
async fn check_line(
    to: &dyn PostStore,
    line: &[u8],
    ids: &mut HashSet<PostId>,
    resume: bool,
) -> Result<Result<(Post, bool), String>, ArchiveError> {
    let Ok(text) = str::from_utf8(line.trim_ascii_end()) else {
        return Ok(Err("not UTF-8".to_owned()));
    };
    let post = match line::read(text) {
        Ok(post) => post,
        Err(wrong) => return Ok(Err(wrong)),
    };
    if !ids.insert(post.id()) {
        return Ok(Err(format!("id: {} stands on an earlier line", post.id())));
    }
    let there = if resume {
        to.find(post.id(), Scope::Everything).await.map_err(ArchiveError::Read)?
    } else {
        None
    };
    Ok(match there {
        Some(there) if there != post => Err(format!("id: the target has another {}", post.id())),
        there => Ok((post, there.is_some())),
    })
}
