//! Folders as Kubernetes mounts them: each file is a link to `..data/<name>`, and `..data` one to
//! the folder of a generation, which is replaced by renaming.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use tower_jwt_auth::Secret;

use crate::files::site::{Site, next_scan, service, token, watch};
use crate::files::{Folder, random, write_private};
use crate::support::tokio;

/// Writes a generation, and makes it the current one, as the kubelet does.
fn publish(folder: &Folder, generation: &str, secrets: &[(&str, &Secret)]) {
    let dir = folder.join(&format!("..{generation}"));
    fs::create_dir(&dir).unwrap();
    for (name, secret) in secrets {
        write_private(&dir.join(name), secret.to_base64url().as_bytes());
    }
    symlink(format!("..{generation}"), folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    for (name, _) in secrets {
        let link = folder.join(name);
        if fs::symlink_metadata(&link).is_err() {
            symlink(format!("..data/{name}"), link).unwrap();
        }
    }
}

/// Removes the links of removed files, and the old generation.
fn clean(folder: &Folder, generation: &str, removed: &[&str]) {
    for name in removed {
        fs::remove_file(folder.join(name)).unwrap();
    }
    fs::remove_dir_all(folder.join(&format!("..{generation}"))).unwrap();
}

#[tokio::test(start_paused = true)]
async fn secrets_are_replaced_with_the_link_to_their_generation() {
    let folder = Folder::new();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
    let [one, two, three] = [random(), random(), random()];
    publish(&folder, "2026_01", &[("1", &one), ("2", &two)]);
    let files = watch(folder.path()).build().unwrap();
    let (authenticator, events) = service(files.clone());
    let site = Site {
        folder,
        files,
        authenticator,
        events,
    };
    let cached = token(&one, "1");
    assert_eq!(site.send(&cached).await, Ok(()));
    publish(&site.folder, "2026_02", &[("2", &two), ("3", &three)]);
    clean(&site.folder, "2026_01", &["1"]);
    next_scan().await;
    assert!(site.send(&cached).await.is_err());
    assert!(site.verifies(&two, "2").await && site.verifies(&three, "3").await);
    assert_eq!(site.events(), ["1,2 +1,2 -", "1,2,3 +3 -", "2,3 + -1"]);
    // Written again without a change.
    publish(&site.folder, "2026_03", &[("2", &two), ("3", &three)]);
    clean(&site.folder, "2026_02", &[]);
    next_scan().await;
    assert!(site.events().is_empty());
}
