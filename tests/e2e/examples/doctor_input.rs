//! The example `doctor`: what is read from its arguments and its standard input, and where its
//! output goes.

use std::fs::File;
use std::process::Stdio;

use tower_jwt_auth::testing::TestIssuer;

use crate::harness::{AUDIENCE, example, in_time, run, run_with_input};
use crate::support::tokio;

#[tokio::test]
async fn the_form_that_windows_gives_to_text_is_understood_or_named() {
    let issuer = TestIssuer::start().await.unwrap();
    let args = |more| ["--issuer", issuer.issuer(), "--audience", AUDIENCE, more];
    let token = issuer.token().sign();
    let marked = format!("\u{feff}{token}\r\n");
    let output = run_with_input("doctor", &args("--token-stdin"), marked).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");

    let little = [0xff, 0xfe, b'e', 0, b'y', 0];
    let big = [0xfe, 0xff, 0, b'e', 0, b'y'];
    for (input, told) in [
        (&little[..], "is UTF-16, as Windows PowerShell"),
        (&big, "is UTF-16"),
        (&[b'e', 0xff], "is not text in UTF-8"),
        ("\u{feff} \r\n".as_bytes(), "has no token"),
    ] {
        let output = run_with_input("doctor", &args("--token-stdin"), input).await;
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("✗ standard input"), "{text}");
        assert!(text.contains(told), "{text}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[tokio::test]
async fn a_token_in_place_of_a_name_is_not_printed() {
    let token = "eyJhbGciOiJub25lIn0.eyJ0ZWxsdGFsZSI6MX0.telltale";
    let option = format!("--{token}");
    let value = format!("--issuer={token}");
    for args in [
        &["--issuer", token, "--audience", AUDIENCE][..],
        &["--issuer", "https://login.example.com", "--audience", token],
        &["--jwks-uri", token],
        &["--metadata-url", token],
        &["--allow-http", token],
        &["--audience-claim", token],
        &["--issuer", &format!("Bearer {token}")],
        &["--issuer", "telltale-opaque-token", "--audience", AUDIENCE],
        &[&option],
        &[&value],
        &["--TELLTALE"],
        &["--telltale-of-more-than-24-letters"],
        &["-telltale"],
    ] {
        let output = run("doctor", args).await;
        let shown = format!(
            "{}{}",
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap()
        );
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(shown.contains("usage: doctor"), "{shown}");
        let lower = shown.to_lowercase();
        assert!(
            !lower.contains("telltale") && !shown.contains("eyJ"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn an_output_that_takes_no_more_ends_it_without_a_panic() {
    for args in [
        &["--issuer", "https://127.0.0.1:1", "--audience", AUDIENCE][..],
        &["--help"],
        &["--telltale"],
    ] {
        for is_error in [false, true] {
            // A pipe whose reader is gone.
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let mut command = example("doctor");
            if is_error {
                command.stdout(Stdio::piped()).stderr(writer);
            } else {
                command.stdout(writer).stderr(Stdio::piped());
            }
            let child = command.args(args).spawn().unwrap();
            let output = in_time(child.wait_with_output()).await.unwrap();
            let help = is_error && args == ["--help"];
            assert_eq!(output.status.code(), Some(i32::from(!help)), "{output:?}");
            let errors = String::from_utf8(output.stderr).unwrap();
            assert!(!errors.contains("panicked"), "{errors}");
        }
    }
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        return;
    };
    let mut child = example("doctor")
        .arg("--help")
        .stdout(full)
        .spawn()
        .unwrap();
    assert_eq!(in_time(child.wait()).await.unwrap().code(), Some(1));
}
