//! An open loop: units leave when they are due, whatever became of those before. Who cannot keep up is late, and it is written
//! down how late; nothing waits for an answer but the connection that asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::books::Books;
use super::client::Client;
use super::course::{Course, Due};

/// What is due within so long leaves together.
const TICK: Duration = Duration::from_millis(5);
/// The first pause before a unit is sent again, the longest, and how long it is tried.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);
const TRIED_FOR: Duration = Duration::from_secs(60);

/// Who sends, and what is shared by everybody.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) client: Client,
    pub(crate) books: Arc<Books>,
    /// The beginning.
    pub(crate) began: Instant,
    /// Whether to stop: somebody asked for it, or nothing can be sent.
    pub(crate) stop: watch::Sender<bool>,
}

impl Sender {
    /// Sends a course to its end, over so many connections.
    pub(crate) async fn run(&self, mut course: Course, connections: usize) {
        // One call waits for each connection, so that what is late leaves in few large calls.
        let (calls, waiting) = mpsc::channel::<Vec<Due>>(connections);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut workers = JoinSet::new();
        for _ in 0..connections {
            let (sender, waiting) = (self.clone(), Arc::clone(&waiting));
            workers.spawn(async move {
                loop {
                    let call = waiting.lock().await.recv().await;
                    let Some(call) = call else { break };
                    sender.deliver(call).await;
                }
            });
        }
        let mut stopped = self.stop.subscribe();
        while !*stopped.borrow() {
            let Some(next_s) = course.next_s() else { break };
            let until = Duration::from_secs_f64(next_s).saturating_sub(self.began.elapsed());
            if !until.is_zero() {
                tokio::select! {
                    () = sleep(until.max(TICK)) => {}
                    _ = stopped.changed() => break,
                }
            }
            while let Some(call) = self.call(&mut course) {
                if calls.send(call).await.is_err() {
                    break;
                }
            }
        }
        drop(calls);
        workers.join_all().await;
    }

    /// What is due by now, as much of it as fits into one call.
    fn call(&self, course: &mut Course) -> Option<Vec<Due>> {
        let now_s = self.began.elapsed().as_secs_f64();
        let first = course.take(now_s)?;
        let (mut call, mut bytes) = (vec![first], 0);
        while let Some(last) = call.last() {
            bytes += last.unit.bytes;
            // The next one is as large as this, about; and a call takes five times what is asked of it here.
            if !self.client.takes(call.len(), bytes, &last.unit) {
                break;
            }
            let Some(due) = course.take(now_s) else { break };
            call.push(due);
        }
        Some(call)
    }

    async fn deliver(&self, mut call: Vec<Due>) {
        let (began, mut pause) = (Instant::now(), PAUSE_MIN);
        loop {
            let units: Vec<_> = call.iter().map(|due| &*due.unit).collect();
            let said = match self.client.put(&units).await {
                Ok(refused) => {
                    let taken =
                        call.iter().enumerate().filter(|(n, _)| !refused.contains(n)).map(|(_, due)| due);
                    self.books.taken(taken, self.began.elapsed());
                    call = refused.into_iter().filter_map(|n| call.get(n).cloned()).collect();
                    if call.is_empty() {
                        return;
                    }
                    None
                }
                Err(failure) if failure.is_final => {
                    self.books.gave_up(call.len(), failure.said);
                    self.stop.send_replace(true);
                    return;
                }
                Err(failure) => Some(failure.said),
            };
            if began.elapsed() > TRIED_FOR {
                // What answers nobody for so long will not answer the next one: the load is over.
                let said = said.unwrap_or_else(|| "refused again and again".to_owned());
                self.books.gave_up(call.len(), said);
                self.stop.send_replace(true);
                return;
            }
            if *self.stop.borrow() {
                self.books.gave_up(call.len(), said.unwrap_or_else(|| "the load was stopped".to_owned()));
                return;
            }
            self.books.retried(call.len(), said);
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}
