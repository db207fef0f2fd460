//! A cluster, one of whose nodes has the list.

use http::StatusCode;
use tower_jwt_auth::RedisRevocationStore;

use super::instance::Instance;
use crate::support::tokio;

const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;

#[tokio::test]
async fn the_list_is_found_from_each_node_and_follows_its_slot() {
    let Some(nodes) = crate::cluster::start().await else {
        return;
    };
    let start = |url: String| {
        Instance::of(RedisRevocationStore::builder(url, "test").cluster_nodes(Vec::<String>::new()))
    };
    let instances = nodes.each_ref().map(|node| start(node.url()));
    for instance in &instances {
        instance.list.loaded().await.unwrap();
    }
    instances[0].revoke("a");
    instances[1].revoke("b");
    for instance in &instances {
        instance.list.stored().await.unwrap();
        instance.wait_for("a", UNAUTHORIZED).await;
        instance.wait_for("b", UNAUTHORIZED).await;
        assert_eq!(instance.health().failures, 0);
    }
    let keys = nodes.each_ref().map(|node| node.command::<u64>("DBSIZE"));
    assert_eq!(keys[0] + keys[1], 2, "both keys in one slot");
    assert!(keys.contains(&0));
}
