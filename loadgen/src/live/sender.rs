//! An open loop: units leave when they are due, whatever became of those before. Who cannot keep up is late, and it is written
//! down how late; nothing waits for an answer but the connection that asked.

use std::iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::books::Books;
use super::client::{Client, Failure, Fate};
use super::course::{Course, Due};

/// What is due within so long leaves together.
const TICK: Duration = Duration::from_millis(5);
/// How patient a load is: limits of Kinesis are by the second, and an outage of a minute is one.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);
const TRIED_FOR: Duration = Duration::from_secs(60);

/// How a unit is sent again that was not taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// The first pause, and the longest.
    pub(crate) pause_min: Duration,
    pub(crate) pause_max: Duration,
    /// Whoever is refused after so long is given up.
    pub(crate) tried_for: Duration,
}

/// Who sends, and what is shared by everybody.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) client: Client,
    pub(crate) books: Arc<Books>,
    /// The beginning.
    pub(crate) began: Instant,
    pub(crate) patience: Patience,
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
        tokio::select! {
            () = self.hand_on(&mut course, calls) => {}
            _ = stopped.wait_for(|is_stopped| *is_stopped) => {}
        }
        let ended = self.began.elapsed();
        workers.join_all().await;
        if *self.stop.borrow() {
            let late = iter::from_fn(|| self.call(&mut course, ended)).map(|call| call.len()).sum();
            self.books.unsent(late, None);
        }
    }

    /// Hands on what is due when it is, to the course's end.
    async fn hand_on(&self, course: &mut Course, calls: mpsc::Sender<Vec<Due>>) {
        while let Some(next_s) = course.next_s() {
            let until = Duration::from_secs_f64(next_s).saturating_sub(self.began.elapsed());
            if !until.is_zero() {
                sleep(until.max(TICK)).await;
            }
            // What nobody has room for stays in the course, where it is found when the load is stopped.
            let Ok(room) = calls.reserve().await else { return };
            if let Some(call) = self.call(course, self.began.elapsed()) {
                room.send(call);
            }
        }
    }

    /// What is due so long after the beginning, as much of it as fits into one call.
    fn call(&self, course: &mut Course, after: Duration) -> Option<Vec<Due>> {
        let now_s = after.as_secs_f64();
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

    /// Sends a call, and what is left of it again, until all of it is taken or given up.
    async fn deliver(&self, mut call: Vec<Due>) {
        let (began, mut stopped) = (Instant::now(), self.stop.subscribe());
        if *stopped.borrow() {
            return self.books.unsent(call.len(), None);
        }
        let mut may_be_there = false;
        for pause in self.patience.pauses() {
            let Err((left, Failure { said, fate, .. })) = self.put(call).await else { return };
            // What answers nobody for so long will not answer the next one: the load is over.
            if fate == Fate::Final || began.elapsed() > self.patience.tried_for {
                self.books.gave_up(&left, said);
                self.stop.send_replace(true);
                return;
            }
            let is_stopped = timeout(pause, stopped.wait_for(|is_stopped| *is_stopped)).await.is_ok();
            // Once nobody knows, a later refusal says nothing of the first time.
            may_be_there |= fate == Fate::Unknown;
            match (is_stopped, may_be_there) {
                (false, _) => self.books.retried(left.len(), said),
                (true, false) => return self.books.unsent(left.len(), Some(said)),
                (true, true) => return self.books.gave_up(&left, said),
            }
            call = left;
        }
    }

    /// Sends a call once, and counts what is taken of it; returns what is not, and why.
    async fn put(&self, call: Vec<Due>) -> Result<(), (Vec<Due>, Failure)> {
        let units: Vec<_> = call.iter().map(|due| &*due.unit).collect();
        let result = self.client.put(&units).await;
        let after = self.began.elapsed();
        let Err(failure) = result else {
            self.books.taken(&call, after);
            return Ok(());
        };
        let (mut left, mut taken) = (Vec::new(), Vec::new());
        for (n, due) in call.into_iter().enumerate() {
            if failure.is_of(n) { left.push(due) } else { taken.push(due) }
        }
        self.books.taken(&taken, after);
        Err((left, failure))
    }
}

impl Patience {
    /// Each twice as long as the one before.
    fn pauses(self) -> impl Iterator<Item = Duration> {
        iter::successors(Some(self.pause_min), move |pause| Some((*pause * 2).min(self.pause_max)))
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self { pause_min: PAUSE_MIN, pause_max: PAUSE_MAX, tried_for: TRIED_FOR }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_within_bounds() {
        let ms: Vec<_> = Patience::default().pauses().map(|pause| pause.as_millis()).take(9).collect();
        assert_eq!(ms, [50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
    }
}
