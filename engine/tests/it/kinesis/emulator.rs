//! ferrokinesis in this process, on loopback, with a layer of faults in front of it.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware;
use ferrokinesis::create_app;
use ferrokinesis::store::StoreOptions;
use tokio::runtime::Runtime;

use super::faults::{self, Faults};
use super::stream::Stream;

/// The account that it is in.
pub(super) const ACCOUNT: &str = "111122223333";

/// A server, for as long as it lives.
pub(super) struct Emulator {
    /// Where it is.
    pub(super) url: String,
    pub(super) faults: Arc<Faults>,
    runtime: Runtime,
}

impl Emulator {
    pub(super) fn start() -> Self {
        Self::with(StoreOptions::default())
    }

    pub(super) fn with(options: StoreOptions) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let faults = Arc::new(Faults::default());
        let options = StoreOptions {
            create_stream_ms: 10,
            update_stream_ms: 10,
            shard_limit: 500,
            aws_account_id: ACCOUNT.to_owned(),
            aws_region: "eu-west-1".to_owned(),
            ..options
        };
        let layered = Arc::clone(&faults);
        let url = runtime.block_on(async move {
            let (app, _) = create_app(options);
            let app: Router = app.layer(middleware::from_fn_with_state(
                layered,
                |State(faults): State<Arc<Faults>>, request, next| faults::pass(faults, request, next),
            ));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
            url
        });
        Self { url, faults, runtime }
    }

    /// A new stream.
    pub(super) fn stream(&self, name: &str, shards: i32) -> Stream {
        Stream::create(self.runtime.handle(), &self.url, name, shards)
    }
}
