//! A bucket's ACL lets everyone read, and one of its objects' too. The look-alike: an ACL is made private, and a log is written for
//! the bucket's owner.

use crate::story::Story;
use crate::story::bucket_policy::{CHANGE_RULE, bucket, of_bucket, on_bucket};
use crate::story::scene::{Act, Scene};

pub(super) const STORY: Story = Story { name: "bucket-acl", attack, look_alike };

const RULE: &str = "bucket-acl-public";

fn attack(scene: &mut Scene<'_>) {
    let user = scene.user("web-publisher");
    let bucket = bucket(scene, "press-kit");
    let canned = acl("PutBucketAcl", &bucket, "public-read");
    scene.act(0, &user, &on_bucket(scene, canned, &bucket));
    let granted = Act::new("s3", "PutObjectAcl").request(|j| {
        j.str("bucketName", &bucket).str("acl", "").str("key", "2026/logo.svg").object(
            "AccessControlPolicy",
            |j| {
                j.object("AccessControlList", |j| {
                    j.object("Grant", |j| {
                        j.object("Grantee", |j| {
                            j.str("xsi:type", "Group")
                                .str("URI", "http://acs.amazonaws.com/groups/global/AllUsers");
                        });
                        j.str("Permission", "READ");
                    });
                });
            },
        );
    });
    scene.act(44, &user, &on_bucket(scene, granted, &bucket));
    scene.must(RULE, of_bucket(scene, &bucket), 2);
    // An object's ACL is no change of its bucket's access.
    scene.must(CHANGE_RULE, of_bucket(scene, &bucket), 1);
}

fn look_alike(scene: &mut Scene<'_>) {
    let user = scene.user("log-shipper");
    let bucket = bucket(scene, "edge-logs");
    let private = acl("PutBucketAcl", &bucket, "private");
    scene.act(0, &user, &on_bucket(scene, private, &bucket));
    let logged = acl("PutObject", &bucket, "bucket-owner-full-control");
    scene.act(20, &user, &on_bucket(scene, logged, &bucket));
    scene.must(CHANGE_RULE, of_bucket(scene, &bucket), 1);
    scene.must_not(RULE, of_bucket(scene, &bucket));
}

fn acl(name: &'static str, bucket: &str, canned: &str) -> Act {
    Act::new("s3", name).request(|j| {
        j.str("bucketName", bucket).str("x-amz-acl", canned).str("Host", "s3.amazonaws.com");
        if name == "PutObject" {
            j.str("key", "edge/2026/01/01/part-0001.gz");
        } else {
            j.str("acl", "");
        }
    })
}
