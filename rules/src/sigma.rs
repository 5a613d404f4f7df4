//! Sigma detections and correlations.

use crate::field::Node;

/// One test of a Sigma detection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SigmaTest {}

impl SigmaTest {
    pub(crate) fn holds(&self, _nodes: &[Node<'_>]) -> bool {
        match *self {}
    }
    pub(crate) fn operator(&self) -> &'static str {
        match *self {}
    }
    pub(crate) fn expected(&self) -> String {
        match *self {}
    }
    pub(crate) fn equal_to(&self) -> Option<&str> {
        match *self {}
    }
}
