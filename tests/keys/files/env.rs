//! A secret from the environment. Setting a variable in this process would be unsafe, so that each
//! case runs this program again, for one test.

use std::env;
use std::process::Command;

use tower_jwt_auth::{Secret, SecretEncoding};

use crate::files::{Folder, random};

const NAME: &str = "TOWER_JWT_AUTH_TEST_SECRET";
const FILE: &str = "TOWER_JWT_AUTH_TEST_SECRET_FILE";
const ENCODING: &str = "TOWER_JWT_AUTH_TEST_ENCODING";

/// Is run with the variables; alone it does nothing.
#[test]
fn print_the_secret_of_the_environment() {
    let secret = match env::var(ENCODING).as_deref() {
        Err(_) => return,
        Ok("hex") => Secret::from_encoded_env(NAME, SecretEncoding::Hex),
        Ok(_) => Secret::from_env(NAME),
    };
    match secret {
        Ok(secret) => println!("<{}>", &*secret.to_base64url()),
        Err(error) => println!("<{error}>"),
    }
}

/// Returns what the test above prints.
fn read(encoding: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([
            "files::env::print_the_secret_of_the_environment",
            "--exact",
            "--nocapture",
        ])
        .env_remove(NAME)
        .env_remove(FILE)
        .env(ENCODING, encoding)
        .envs(variables.iter().copied());
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let (_, start) = output.split_once('<').unwrap();
    start.split_once('>').unwrap().0.to_owned()
}

#[test]
fn a_secret_is_that_of_the_variable_or_of_the_file_that_it_names() {
    let (folder, secret) = (Folder::new(), random());
    let text = secret.to_base64url();
    let expected = Secret::new(text.as_bytes()).to_base64url().to_owned();
    let path = folder.write("secret", format!("{}\n", &*text));
    assert_eq!(read("raw", &[(NAME, &text)]), expected);
    assert_eq!(read("raw", &[(FILE, path.to_str().unwrap())]), expected);
    assert_eq!(read("hex", &[(NAME, "00fF10")]), "AP8Q");
}

#[test]
fn a_variable_that_is_not_set_is_set_twice_or_has_no_secret_is_an_error() {
    let text = random().to_base64url().to_owned();
    let names = format!("environment variables {NAME:?} and {FILE:?}");
    assert_eq!(
        read("raw", &[]),
        format!("{names}: one of them must be set")
    );
    let both = read("raw", &[(NAME, &text), (FILE, "/x")]);
    assert_eq!(both, format!("{names}: must not both be set"));
    let empty = format!("environment variable {NAME:?}: is empty");
    assert_eq!(read("raw", &[(NAME, "")]), empty);
    let quoted = read("raw", &[(NAME, &format!("'{text}'"))]);
    assert!(
        quoted.contains("is in quotes") && !quoted.contains(&text[..8]),
        "{quoted}"
    );
    let not_hex = read("hex", &[(NAME, &text)]);
    assert!(not_hex.contains("the secret is not hex"), "{not_hex}");
    assert!(!not_hex.contains(&text[..8]), "{not_hex}");
}
