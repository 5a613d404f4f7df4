//! A worker's end of the source: items, one by one, in the order of their shards.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::board::Board;
use crate::record::Item;

/// Answers that wait for a worker. One: while it works on an answer the next is here, and more would only be held longer.
const ANSWERS_MAX: usize = 1;

/// What a read brought.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) shard: String,
    pub(super) items: Vec<Item>,
}

/// What one worker is fed; ends when the source does. Who asks for the next item is done with the one before.
#[derive(Debug)]
pub struct Feed {
    answers: mpsc::Receiver<Answer>,
    shard: String,
    items: std::vec::IntoIter<Item>,
    board: Arc<Board>,
}

pub(super) fn new(board: &Arc<Board>) -> (mpsc::Sender<Answer>, Feed) {
    let (sender, answers) = mpsc::channel(ANSWERS_MAX);
    let Answer { shard, items } = Answer::default();
    (sender, Feed { answers, shard, items: items.into_iter(), board: Arc::clone(board) })
}

impl Iterator for Feed {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.items.next() {
                return Some(item);
            }
            self.board.done(&self.shard);
            let Answer { shard, items } = self.answers.blocking_recv()?;
            (self.shard, self.items) = (shard, items.into_iter());
        }
    }
}
