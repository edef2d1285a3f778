//! The members by name, in the order of the configuration. There is always at least one.

use std::iter;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use super::member::Member;

/// The members of one moment, in the order of the configuration.
#[derive(Clone)]
pub struct Members {
    first: Arc<Member>,
    others: Vec<Arc<Member>>,
}

impl Members {
    /// Only `first`.
    #[must_use]
    pub fn new(first: Arc<Member>) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }

    /// These `members`; `None` if there are none.
    #[must_use]
    pub fn collect(members: impl IntoIterator<Item = Arc<Member>>) -> Option<Self> {
        let mut members = members.into_iter();
        Some(Self {
            first: members.next()?,
            others: members.collect(),
        })
    }

    /// The first of the configuration: the only one, where there is one.
    #[must_use]
    pub fn first(&self) -> &Arc<Member> {
        &self.first
    }

    /// The only one, unless there are several.
    #[must_use]
    pub fn only(&self) -> Option<&Arc<Member>> {
        self.others.is_empty().then_some(&self.first)
    }

    /// The one at `index` in the order of the configuration.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<&Arc<Member>> {
        match index.checked_sub(1) {
            None => Some(&self.first),
            Some(index) => self.others.get(index),
        }
    }

    /// The one called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Member>> {
        self.iter().find(|member| member.settings().name == name)
    }

    /// Whether there are several.
    #[must_use]
    pub fn has_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Member>> {
        iter::once(&self.first).chain(&self.others)
    }

    /// The names of all.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.iter()
            .map(|member| member.settings().name.clone())
            .collect()
    }
}

/// Where the members are read without waiting.
pub struct Roster(ArcSwap<Members>);

impl Roster {
    /// The roster of `members`.
    #[must_use]
    pub fn new(members: Members) -> Self {
        Self(ArcSwap::from_pointee(members))
    }

    /// The members now, without a lock.
    #[must_use]
    pub fn all(&self) -> Guard<Arc<Members>> {
        self.0.load()
    }

    /// The first of the configuration: the only one, where there is one.
    #[must_use]
    pub fn first(&self) -> Arc<Member> {
        Arc::clone(self.all().first())
    }

    /// The only member, unless there are several.
    #[must_use]
    pub fn only(&self) -> Option<Arc<Member>> {
        self.all().only().cloned()
    }

    /// The member called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<Member>> {
        self.all().get(name).cloned()
    }

    /// Puts `members` in the place of those before.
    pub fn replace(&self, members: Members) {
        self.0.store(Arc::new(members));
    }
}
