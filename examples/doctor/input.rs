//! Standard input: the token.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

/// More than any token that the default settings accept.
const MAX_INPUT_LEN: u64 = 64 * 1024;
/// The length at which the terminal of Linux cuts a line. Others do it earlier, or not at all.
const MAX_LINE_LEN: usize = 4095;
const UTF_16: &str = "standard input: is UTF-16, as Windows PowerShell writes files; save the token \
                      as UTF-8, for example with Set-Content -Encoding ascii";

/// Returns the token, or why there is none.
pub(crate) fn read() -> Result<String, String> {
    let input = if io::stdin().is_terminal() {
        read_line()
    } else {
        read_all()
    };
    let input = input.map_err(|error| format!("standard input: {error}"))?;
    match text(&input)?.trim() {
        "" => Err("standard input has no token".to_owned()),
        token => Ok(token.to_owned()),
    }
}

fn read_all() -> io::Result<Vec<u8>> {
    let mut input = Vec::new();
    io::stdin().take(MAX_INPUT_LEN).read_to_end(&mut input)?;
    Ok(input)
}

fn read_line() -> io::Result<Vec<u8>> {
    let notice = format!(
        "paste the token, and press Enter; the terminal shows it, so a pipe is better, and it must \
         be shorter than {MAX_LINE_LEN} bytes:"
    );
    let _ = writeln!(io::stderr(), "{notice}");
    let mut input = String::new();
    io::stdin().read_line(&mut input)?;
    if input.trim_end().len() < MAX_LINE_LEN {
        return Ok(input.into_bytes());
    }
    let cut = format!("a terminal cuts lines of {MAX_LINE_LEN} bytes: use a pipe or a file");
    Err(io::Error::new(io::ErrorKind::InvalidInput, cut))
}

/// Returns input as text, without the byte order mark that editors of Windows write.
fn text(input: &[u8]) -> Result<&str, String> {
    if input.starts_with(&[0xff, 0xfe]) || input.starts_with(&[0xfe, 0xff]) {
        return Err(UTF_16.to_owned());
    }
    let text = str::from_utf8(input);
    let text = text.map_err(|_| "standard input: is not text in UTF-8".to_owned())?;
    Ok(text.trim_start_matches('\u{feff}'))
}

/// Returns whether standard input is a pipe or a file with something in it. Does not read it, so it
/// does not wait: a pipe may turn out to be empty. Neither a terminal nor `/dev/null` counts.
#[cfg(unix)]
pub(crate) fn is_waiting() -> bool {
    use std::fs::File;
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::FileTypeExt as _;

    let file = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let metadata = file.and_then(|file| file.metadata());
    metadata.is_ok_and(|metadata| {
        let kind = metadata.file_type();
        kind.is_fifo() || kind.is_file() && metadata.len() > 0
    })
}

#[cfg(not(unix))]
pub(crate) const fn is_waiting() -> bool {
    false
}
