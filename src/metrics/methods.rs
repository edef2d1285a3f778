//! The methods that have a label of their own: those of the table in `route`, so that labels are
//! bounded.

use crate::route::{KnownMethod, METHODS, method_index};

/// A method, as metrics know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By its place in [`METHODS`].
    Known(u16),
    /// Any other.
    Other,
    /// Several calls in one request.
    Batch,
}

impl Method {
    /// So many there are.
    pub(super) fn count() -> usize {
        METHODS.len() + 2
    }

    /// The method called `name`.
    #[must_use]
    pub fn of(name: &str) -> Self {
        method_index(name).map_or(Self::Other, Self::Known)
    }

    /// What is known of it, if it is in the table.
    #[must_use]
    pub fn known(self) -> Option<&'static KnownMethod> {
        match self {
            Self::Known(index) => METHODS.get(usize::from(index)),
            Self::Other | Self::Batch => None,
        }
    }

    /// Its place among all: those of the table, then the others.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Known(index) => usize::from(index),
            Self::Other => METHODS.len(),
            Self::Batch => METHODS.len() + 1,
        }
    }

    /// The label's value.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Known(_) | Self::Other => self.known().map_or("other", |method| method.name),
            Self::Batch => "batch",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_table_has_its_name_as_label() {
        for (index, method) in METHODS.iter().enumerate() {
            let known = Method::of(method.name);
            assert_eq!((known.label(), known.index()), (method.name, index));
        }
        assert_eq!(Method::of("getblockcounts").label(), "other");
        assert_eq!(Method::of("").label(), "other");
        assert_eq!(Method::Batch.label(), "batch");
    }
}
