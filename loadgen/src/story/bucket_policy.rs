//! The block on public access is removed, then a bucket's policy lets everyone read. The look-alike: a policy for everyone of the
//! own organisation: a change, and no more.

use crate::json::Json;
use crate::story::Story;
use crate::story::scene::{Act, Group, Scene};

pub(super) const STORY: Story = Story { name: "bucket-policy", attack, look_alike };

const PUBLIC_RULE: &str = "bucket-policy-public";
const BLOCK_RULE: &str = "bucket-public-access-block-removed";
pub(super) const CHANGE_RULE: &str = "bucket-policy-changed";

fn attack(scene: &mut Scene<'_>) {
    let admin = scene.role("content-admin");
    let bucket = bucket(scene, "customer-exports");
    let unblock = Act::new("s3", "DeleteBucketPublicAccessBlock").request(|j| {
        j.str("bucketName", &bucket).str("publicAccessBlock", "").str("Host", "s3.amazonaws.com");
    });
    scene.act(0, &admin, &on_bucket(scene, unblock, &bucket));
    let put = put_policy(&bucket, |_| {});
    scene.act(28, &admin, &on_bucket(scene, put, &bucket));
    scene.must(PUBLIC_RULE, of_bucket(scene, &bucket), 1);
    scene.must(BLOCK_RULE, of_bucket(scene, &bucket), 1);
    scene.must(CHANGE_RULE, of_bucket(scene, &bucket), 2);
}

fn look_alike(scene: &mut Scene<'_>) {
    let admin = scene.role("content-admin");
    let bucket = bucket(scene, "shared-artifacts");
    let put = put_policy(&bucket, |j| {
        j.object("Condition", |j| {
            j.object("StringEquals", |j| {
                j.str("aws:PrincipalOrgID", "o-example12345");
            });
        });
    });
    scene.act(0, &admin, &on_bucket(scene, put, &bucket));
    scene.must(CHANGE_RULE, of_bucket(scene, &bucket), 1);
    scene.must_not(PUBLIC_RULE, of_bucket(scene, &bucket));
    scene.must_not(BLOCK_RULE, of_bucket(scene, &bucket));
}

fn put_policy(bucket: &str, condition: impl FnOnce(&mut Json)) -> Act {
    Act::new("s3", "PutBucketPolicy").request(|j| {
        j.str("bucketName", bucket).str("policy", "").str("Host", "s3.amazonaws.com");
        j.object("bucketPolicy", |j| {
            j.str("Version", "2012-10-17");
            j.list("Statement", |j| {
                j.item(|j| {
                    j.str("Sid", "Read")
                        .str("Effect", "Allow")
                        .str("Principal", "*")
                        .str("Action", "s3:GetObject");
                    j.str("Resource", &format!("arn:aws:s3:::{bucket}/*"));
                    condition(j);
                });
            });
        });
    })
}

/// A bucket of this scene's own.
pub(super) fn bucket(scene: &mut Scene<'_>, name: &str) -> String {
    let mut bucket = format!("{name}-");
    scene.rng.hex(&mut bucket, 8);
    bucket
}

/// What S3 adds to every event of a bucket.
pub(super) fn on_bucket(scene: &Scene<'_>, act: Act, bucket: &str) -> Act {
    act.additional(|j| {
        j.str("SignatureVersion", "SigV4")
            .str("CipherSuite", "TLS_AES_128_GCM_SHA256")
            .float("bytesTransferredIn", 243);
        j.str("AuthenticationMethod", "AuthHeader").float("bytesTransferredOut", 0);
    })
    .resource(&scene.account(), "AWS::S3::Bucket", &format!("arn:aws:s3:::{bucket}"))
}

pub(super) fn of_bucket(scene: &Scene<'_>, bucket: &str) -> Group {
    scene.of_account(&[("requestParameters.bucketName", bucket)])
}
