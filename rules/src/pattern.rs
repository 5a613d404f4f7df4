//! The CloudWatch Logs filter-pattern language.

use crate::field::Node;

/// One test of a filter pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PatternTest {}

impl PatternTest {
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
