//! Secrets that tests have generated, in a file, so that what the tests print can be searched for
//! them: see `tests/quality/secrets/printed.sh`.

use std::fs::OpenOptions;
use std::io::Write as _;

/// Appends a secret to the file that `SECRETS_OF_TESTS` names, if it is set: a line in hex.
pub(crate) fn record(secret: &[u8]) {
    let Some(path) = std::env::var_os("SECRETS_OF_TESTS") else {
        return;
    };
    let digits = secret.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.map(|digit| char::from_digit(digit.into(), 16).unwrap());
    let line: String = digits.chain(['\n']).collect();
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    // One write, since tests run at the same time.
    file.write_all(line.as_bytes()).unwrap();
}
