//! Files that others can write to, on Unix.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use tower_jwt_auth::{Algorithm, ConfigErrorKind, Key, Secret, SecretFiles};

use crate::files::{Folder, random};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[track_caller]
fn assert_rejected(path: &Path, expected: &str) {
    for result in [
        Secret::from_file(path).map(drop),
        Key::from_pem_file(path).map(drop),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::UnusableFile, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

/// Returns whether this user may give files away. In a container with a user namespace, even root
/// may not.
fn give_away(path: &Path) -> bool {
    chown(path, Some(65534), None).is_ok()
}

#[test]
fn a_file_that_others_can_write_to_is_rejected_and_one_that_they_can_read_is_not() {
    let folder = Folder::new();
    let path = folder.write("secret", random());
    for mode in [0o620, 0o602, 0o666] {
        set_mode(&path, mode);
        let expected = format!("has mode {mode:04o}: only its owner may have write permission");
        assert_rejected(&path, &expected);
    }
    for mode in [0o400, 0o440, 0o644] {
        set_mode(&path, mode);
        assert!(Secret::from_file(&path).is_ok(), "{mode:o}");
    }
}

#[test]
fn a_folder_that_others_can_write_to_is_rejected_also_behind_a_link() {
    let (folder, other) = (Folder::new(), Folder::new());
    let path = folder.write("secret", random());
    let link = other.join("link");
    symlink(&path, &link).unwrap();
    assert!(Secret::from_file(&link).is_ok());
    set_mode(folder.path(), 0o777);
    for path in [&path, &link] {
        assert_rejected(
            path,
            "has mode 0777: only its owner may have write permission",
        );
    }
    set_mode(folder.path(), 0o700);
    set_mode(other.path(), 0o770);
    assert_rejected(&link, "has mode 0770");
}

// Kubernetes mounts its volumes so.
#[test]
fn in_a_folder_with_the_sticky_bit_the_owner_of_file_and_link_counts() {
    let (folder, other) = (Folder::new(), Folder::new());
    let path = folder.write("secret", random());
    let link = folder.join("link");
    symlink(other.write("secret", random()), &link).unwrap();
    set_mode(folder.path(), 0o1777);
    assert!(Secret::from_file(&path).is_ok());
    assert!(Secret::from_file(&link).is_ok());
    if !give_away(&path) {
        return;
    }
    assert_rejected(&path, "belongs to user 65534");
    std::os::unix::fs::lchown(&link, Some(65534), None).unwrap();
    assert_rejected(&link, "belongs to user 65534");
    set_mode(folder.path(), 0o700);
    assert_rejected(&path, "belongs to user 65534");
}

#[test]
fn a_folder_behind_a_link_of_another_user_is_rejected() {
    let (folder, other) = (Folder::new(), Folder::new());
    let path = folder.write("secret", random());
    let link = other.join("link");
    symlink(folder.path(), &link).unwrap();
    let behind = link.join("secret");
    assert!(Secret::from_file(&behind).is_ok());
    if std::os::unix::fs::lchown(&link, Some(65534), None).is_err() {
        return;
    }
    assert_rejected(&behind, "belongs to user 65534");
    let with_slash = format!("{}/", link.to_str().unwrap());
    let watched = SecretFiles::watch(with_slash, Algorithm::HS256).build();
    let error = watched.unwrap_err().to_string();
    assert!(error.contains("belongs to user 65534"), "{error}");
    assert!(Secret::from_file(path).is_ok());
}

#[test]
fn a_named_pipe_and_a_device_are_not_opened() {
    let folder = Folder::new();
    let pipe = folder.join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let (done, is_done) = channel();
    thread::spawn(move || {
        assert_rejected(&pipe, "must be a regular file");
        done.send(()).unwrap();
    });
    assert!(
        is_done.recv_timeout(Duration::from_secs(20)).is_ok(),
        "the pipe was waited for"
    );
    assert_rejected(Path::new("/dev/null"), "must be a regular file");
}

#[test]
fn a_link_that_leads_nowhere_is_an_error_with_the_path_of_the_link() {
    let folder = Folder::new();
    let link = folder.join("link");
    symlink(folder.join("absent"), &link).unwrap();
    assert_rejected(&link, &format!("file {:?}: ", link.to_string_lossy()));
}
