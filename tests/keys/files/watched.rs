//! Secrets in a folder that is watched.

use std::fs;

use tower_jwt_auth::{Algorithm, ConfigErrorKind, ErrorKind, SecretFiles};

use crate::files::site::{Site, add, next_scan, token, watch};
use crate::files::{Folder, random};
use crate::support::tokio;

#[tokio::test(start_paused = true)]
async fn a_token_is_verified_with_the_secret_whose_file_its_kid_names() {
    let (site, [one, two]) = Site::start(["1", "2"]);
    assert!(site.verifies(&one, "1").await && site.verifies(&two, "2").await);
    let crossed = site.send(&token(&one, "2")).await;
    assert_eq!(crossed, Err(ErrorKind::InvalidSignature));
    let unknown = site.send(&token(&one, "3")).await;
    assert_eq!(unknown, Err(ErrorKind::UnknownKey));
}

#[tokio::test(start_paused = true)]
async fn without_a_kid_the_four_newest_secrets_are_tried() {
    let (site, secrets) = Site::start(["1", "2", "3", "4", "5"]);
    for (index, secret) in secrets.iter().enumerate().rev() {
        let expected = if index == 0 {
            Err(ErrorKind::TooManyKeys)
        } else {
            Ok(())
        };
        assert_eq!(site.send(&token(secret, "")).await, expected, "{index}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_secret_is_used_and_a_removed_one_is_not_after_the_next_scan() {
    let (site, [one]) = Site::start(["1"]);
    let (with_kid, without) = (token(&one, "1"), token(&one, ""));
    assert_eq!(site.send(&with_kid).await, Ok(()));
    let two = site.add("2");
    next_scan().await;
    assert!(site.verifies(&two, "2").await && site.verifies(&one, "1").await);
    site.remove("1");
    next_scan().await;
    // Also the token that is cached.
    assert_eq!(site.send(&with_kid).await, Err(ErrorKind::UnknownKey));
    assert_eq!(site.send(&without).await, Err(ErrorKind::InvalidSignature));
    assert!(site.verifies(&two, "2").await);
    assert_eq!(site.events(), ["1 +1 -", "1,2 +2 -", "2 + -1"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_secret_is_used_at_once_for_a_token_that_names_it_and_a_flood_causes_one_scan() {
    let (site, [_]) = Site::start(["1"]);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let two = site.add("2");
    assert!(site.verifies(&two, "2").await);
    let three = site.add("3");
    let flood = (0..100).map(|_| site.verifies(&three, "3"));
    let accepted = futures::future::join_all(flood).await;
    assert!(!accepted.contains(&true), "a second scan within a second");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_replaced_verifies_with_the_new_one_only() {
    let (site, [old]) = Site::start(["1"]);
    assert!(site.verifies(&old, "1").await);
    let new = site.add("1");
    site.files.reload().await.unwrap();
    assert!(site.verifies(&new, "1").await && !site.verifies(&old, "1").await);
    assert_eq!(site.events(), ["1 +1 -", "1 +1 -1"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_absent_at_one_scan_only_is_not_removed() {
    let (site, [one, _]) = Site::start(["1", "2"]);
    let cached = token(&one, "1");
    assert_eq!(site.send(&cached).await, Ok(()));
    let (path, aside) = (site.folder.join("1"), site.folder.join(".1"));
    fs::rename(&path, &aside).unwrap();
    let reload = site.files.reload();
    let back = async {
        // After the scan, and before its confirmation.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        assert_eq!(site.send(&cached).await, Ok(()));
        fs::rename(&aside, &path).unwrap();
    };
    let (reloaded, ()) = tokio::join!(reload, back);
    reloaded.unwrap();
    assert_eq!(site.send(&cached).await, Ok(()));
    assert_eq!(site.events(), ["1,2 +1,2 -"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_used_is_reported_once_and_the_old_secrets_stay() {
    let (site, [one, two]) = Site::start(["1", "2"]);
    assert_eq!(site.events(), ["1,2 +1,2 -"]);
    let weak = "Password".replace('a', "aBc").repeat(8);
    let path = |name: &str| format!("{:?}", site.folder.join(name).to_string_lossy());
    for (name, content, problem) in [
        (
            "3",
            weak.as_str(),
            "the secret for HS256 repeats a short block: use random bytes",
        ),
        (
            "1",
            "no+base64url/",
            "the secret is not base64url: must have its symbols only",
        ),
        ("1", "", "is empty"),
    ] {
        site.folder.write(name, content);
        next_scan().await;
        next_scan().await;
        let events = site.events();
        let expected = format!("failed 1: file {}: {problem}", path(name));
        assert!(
            events.len() == 1 && events[0].starts_with(&expected),
            "{events:?}"
        );
        assert!(site.verifies(&one, "1").await && site.verifies(&two, "2").await);
        let health = site.health().files.unwrap();
        assert!(health.last_error.unwrap().contains(problem));
        assert!(health.failures > 1);
        if name == "3" {
            site.remove("3");
        } else {
            site.folder.write("1", &*one.to_base64url());
        }
        next_scan().await;
        assert!(site.events()[0].starts_with("recovered "));
        assert_eq!(site.health().files.unwrap().last_error, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_half_written_secret_is_used_when_it_is_whole() {
    let (site, [one]) = Site::start(["1"]);
    let (two, path) = (random(), site.folder.join("2"));
    let text = two.to_base64url();
    site.folder.write("2", &text[..20]);
    next_scan().await;
    assert!(site.verifies(&one, "1").await && !site.verifies(&two, "2").await);
    // Not by renaming, but in place.
    fs::write(path, &*text).unwrap();
    next_scan().await;
    assert!(site.verifies(&one, "1").await && site.verifies(&two, "2").await);
}

#[tokio::test(start_paused = true)]
async fn the_task_that_scans_ends_with_the_last_that_has_the_files() {
    let (site, [one]) = Site::start(["1"]);
    assert!(site.verifies(&one, "1").await);
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    assert_eq!(tasks(), 1);
    drop(site);
    next_scan().await;
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_removal_takes_effect_while_another_file_cannot_be_used() {
    let (site, [one, two]) = Site::start(["1", "2"]);
    site.folder.write("3", "weak");
    site.remove("1");
    assert!(site.files.reload().await.is_err());
    assert!(!site.verifies(&one, "1").await && site.verifies(&two, "2").await);
}

#[tokio::test(start_paused = true)]
async fn a_removal_takes_a_second_at_most_to_confirm_however_long_the_interval_is() {
    let folder = Folder::new();
    let [one, _] = ["1", "2"].map(|name| add(&folder, name));
    let interval = std::time::Duration::from_secs(60 * 60);
    let files = watch(folder.path()).interval(interval).build().unwrap();
    let (authenticator, events) = crate::files::site::service(files.clone());
    let site = Site {
        folder,
        files,
        authenticator,
        events,
    };
    site.remove("1");
    let start = tokio::time::Instant::now();
    site.files.reload().await.unwrap();
    assert!(start.elapsed() < std::time::Duration::from_secs(2));
    assert!(!site.verifies(&one, "1").await);
}

#[test]
fn secrets_that_are_read_before_there_is_a_runtime_are_scanned_with_the_first_request() {
    let (site, [one, _]) = Site::start(["1", "2"]);
    site.remove("1");
    let runtime = ::tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(async {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let _ = site.send(&token(&one, "1")).await;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        assert!(!site.verifies(&one, "1").await);
    });
}

#[tokio::test(start_paused = true)]
async fn while_the_folder_is_absent_or_empty_the_last_secrets_stay() {
    let (site, [one]) = Site::start(["1"]);
    let aside = Folder::new();
    for empties in [false, true] {
        fs::rename(site.folder.path(), aside.join("aside")).unwrap();
        if empties {
            fs::create_dir(site.folder.path()).unwrap();
        }
        next_scan().await;
        next_scan().await;
        assert!(site.verifies(&one, "1").await);
        let error = site.health().files.unwrap().last_error.unwrap();
        let expected = if empties {
            "has no secret"
        } else {
            "No such file"
        };
        assert!(error.contains(expected), "{error}");
        fs::rename(aside.join("aside"), site.folder.path()).unwrap();
        site.files.reload().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_secret_stays_while_no_other_file_can_be_used() {
    let (site, [one]) = Site::start(["1"]);
    site.remove("1");
    let weak = site.folder.write("2", "weak");
    for _ in 0..3 {
        next_scan().await;
    }
    assert!(site.verifies(&one, "1").await);
    let error = site.health().files.unwrap().last_error.unwrap();
    assert!(error.contains(weak.to_str().unwrap()), "{error}");
    // It ends with the first one that replaces it.
    let two = site.add("2");
    site.files.reload().await.unwrap();
    assert!(site.verifies(&two, "2").await && !site.verifies(&one, "1").await);
    assert_eq!(site.health().files.unwrap().last_error, None);
}

#[tokio::test(start_paused = true)]
async fn a_removal_takes_effect_while_there_are_too_many_files() {
    let (site, [one, two]) = Site::start(["1", "2"]);
    let cached = token(&one, "1");
    assert_eq!(site.send(&cached).await, Ok(()));
    for number in 0..64 {
        site.add(&format!("more-{number}"));
    }
    site.remove("1");
    next_scan().await;
    assert_eq!(site.send(&cached).await, Err(ErrorKind::UnknownKey));
    assert!(site.verifies(&two, "2").await);
    let error = site.health().files.unwrap().last_error.unwrap();
    assert!(error.ends_with("must have at most 64 files"), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_file_whose_name_is_not_utf_8_keeps_no_other_from_being_read_or_removed() {
    use std::os::unix::ffi::OsStrExt as _;

    let (site, [one, _]) = Site::start(["1", "2"]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    fs::write(site.folder.path().join(name), "x").unwrap();
    site.remove("1");
    let three = site.add("3");
    next_scan().await;
    assert!(site.verifies(&three, "3").await && !site.verifies(&one, "1").await);
    let error = site.health().files.unwrap().last_error.unwrap();
    assert!(error.ends_with("must have a name in UTF-8"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_text_that_may_be_encoded_is_reported_once_with_its_file() {
    let folder = Folder::new();
    let short = random().to_base64url()[..32].to_owned();
    folder.write("1", &short);
    let files = SecretFiles::watch(folder.path(), Algorithm::HS256)
        .build()
        .unwrap();
    let (_authenticator, events) = crate::files::site::service(files.clone());
    let events = || std::mem::take(&mut *events.lock().unwrap());
    assert_eq!(events(), ["1 +1 -", "base64 1: 1"]);
    let hex = random().as_ref()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    folder.write("2", hex);
    files.reload().await.unwrap();
    files.reload().await.unwrap();
    assert_eq!(events(), ["1,2 +2 -", "hex 2: 2"]);
}

#[tokio::test(start_paused = true)]
async fn the_health_says_which_secrets_are_there_and_shows_none() {
    let (site, [one, _]) = Site::start(["1", "2"]);
    let health = site.health();
    assert!(health.serving);
    assert_eq!(health.keys.len(), 2);
    let json = serde_json::to_string(&health).unwrap();
    for expected in [
        r#""key_id":"1","current":false,"since":"#,
        r#""key_id":"2","current":true,"since":"#,
        r#""old":false,"not_after":null,"expired":false"#,
    ] {
        assert!(json.contains(expected), "{json}");
    }
    assert!(!json.contains(&one.to_base64url()[..8]), "{json}");
}

#[tokio::test(start_paused = true)]
async fn two_files_with_one_secret_are_reported() {
    let (site, [one]) = Site::start(["1"]);
    site.folder.write("2", &*one.to_base64url());
    site.files.reload().await.unwrap();
    assert_eq!(site.events(), ["1 +1 -", "1,2 +2 -", "2 is 1"]);
}

#[tokio::test(start_paused = true)]
async fn files_that_are_named_one_by_one_are_watched_alike() {
    let (folder, other) = (Folder::new(), Folder::new());
    let (one, two) = (add(&folder, "1"), add(&other, "2"));
    let paths = [folder.join("1"), other.join("2")];
    let files = SecretFiles::watch_each(paths, Algorithm::HS256)
        .encoding(tower_jwt_auth::SecretEncoding::Base64url)
        .build()
        .unwrap();
    let (authenticator, events) = crate::files::site::service(files.clone());
    let site = Site {
        folder,
        files,
        authenticator,
        events,
    };
    assert!(site.verifies(&one, "1").await && site.verifies(&two, "2").await);
    fs::remove_file(other.join("2")).unwrap();
    next_scan().await;
    assert!(site.verifies(&one, "1").await && !site.verifies(&two, "2").await);
}

#[test]
fn at_the_start_what_cannot_be_used_is_an_error_with_the_path() {
    let folder = Folder::new();
    let build = || watch(folder.path()).build().unwrap_err();
    let error = build();
    assert_eq!(error.kind(), ConfigErrorKind::UnusableFile);
    let shown = format!(
        "directory {:?}: has no secret",
        folder.path().to_string_lossy()
    );
    assert_eq!(error.to_string(), shown);
    folder.write("good", &*random().to_base64url());
    let weak = folder.write("weak", "c2hvcnQ");
    let error = build();
    assert_eq!(error.kind(), ConfigErrorKind::WeakSecret);
    let expected = format!(
        "file {:?}: the secret for HS256 is shorter than 32 bytes: use at least that many random bytes",
        weak.to_string_lossy()
    );
    assert_eq!(error.to_string(), expected);
    fs::remove_file(weak).unwrap();
    fs::create_dir(folder.join("inner")).unwrap();
    assert!(build().to_string().ends_with("must be a regular file"));
}

#[test]
fn a_folder_that_is_absent_is_called_a_folder() {
    let folder = Folder::new();
    let absent = folder.join("absent");
    let error = watch(&absent).build().unwrap_err();
    let start = format!("directory {:?}: ", absent.to_string_lossy());
    assert!(error.to_string().starts_with(&start), "{error}");
}

#[test]
fn two_files_of_one_name_are_a_configuration_error_even_if_one_is_absent() {
    let folders = [Folder::new(), Folder::new()];
    add(&folders[0], "1");
    let paths = folders.each_ref().map(|folder| folder.join("1"));
    let files = SecretFiles::watch_each(&paths, Algorithm::HS256);
    let error = files.build().unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    let [one, other] = paths.map(|path| format!("{:?}", path.to_string_lossy()));
    let expected = format!("watch_each: file {other}: must not have the same name as {one}");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn settings_out_of_their_range_are_errors() {
    let folder = Folder::new();
    add(&folder, "1");
    let seconds = std::time::Duration::from_secs;
    for (builder, expected) in [
        (
            watch(folder.path()).interval(seconds(0)),
            "interval of watched files is 0ns: must be from 1s to 1h",
        ),
        (
            watch(folder.path()).overlap(seconds(59)),
            "overlap of watched files is 59s: must be from 1min to 366 days",
        ),
        (
            watch(folder.path()).max_secret_age(seconds(60)),
            "max_secret_age of watched files is 60s: must be from 1 day to 3660 days",
        ),
    ] {
        assert_eq!(builder.build().unwrap_err().to_string(), expected);
    }
}
