//! The status page: one document that needs no other.
//!
//! | file | what it decides |
//! |---|---|
//! | `gather` | what the page is made of, read from memory |
//! | `facts` | those documents, and who reads them |
//! | `whole`, `verdict`, `checks` | what is wrong, since when, what to do, as `overview` finds it |
//! | `requests`, `node`, `peers`, `storage`, `events` | the sections |
//! | `chart` | outlines |
//! | `view`, `templates/` | how it is written in HTML, all text escaped |
//! | `policy` | the headers that keep it apart from everything else |
//!
//! Decides what an operator sees first. Refuses to know a node: it is made of the documents that
//! the control API has. Invariant: it is made at most once a second for each kind of reader, on a
//! thread of its own, so that nobody who asks a probe or makes a call waits for it.

mod chart;
mod checks;
mod events;
mod facts;
mod gather;
mod node;
mod peers;
mod policy;
mod requests;
mod status_page;
mod storage;
mod verdict;
mod view;
mod whole;

pub use status_page::StatusPage;
