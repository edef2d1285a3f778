//! The listener: health, metrics, the control API, and the way to the gateway.
//!
//! | path | method | answer |
//! |---|---|---|
//! | `/health`, `/health/live`, `/health/ready`, `/health/detailed` | GET, HEAD | `health` |
//! | `/metrics` | GET, HEAD | `metrics_page` |
//! | `/api/v1/…` | | `control`; `openapi` describes it, and the health paths |
//! | `/` | GET, HEAD | `page` |
//! | `/`, `/wallet/NAME` | POST | `crate::gateway` |
//!
//! The control socket has all but calls, and needs no token: who may open it may use it.
//!
//! Decides what is served where. Refuses to know a node: all but calls is answered from memory, on
//! a thread that never waits for one.

mod access_control;
mod agent_answer;
mod agent_listener;
mod ambiguity;
mod answer_cache;
mod audience;
mod control;
mod detailed;
mod documents;
mod health;
mod health_parts;
mod health_query;
mod history;
mod host;
mod listener_tls;
mod metrics_page;
mod node_health;
mod node_question;
mod openapi;
mod page;
mod plain_health;
mod refusals;
mod reloads;
mod reply;
mod request_log;
mod request_name;
mod role;
mod route;
mod server;
mod service;
mod settings;
mod tls_in_force;
mod token;

pub use agent_listener::AgentListener;
pub use answer_cache::AnswerCache;
pub use control::{ControlApi, Reload};
pub use detailed::DetailedPage;
pub use listener_tls::ListenerTls;
pub use metrics_page::MetricsPage;
pub use openapi::document as openapi_document;
pub use page::StatusPage;
pub use reloads::Reloads;
pub use role::Role;
pub use server::{BoundSocket, Connections, ControlSocket, ListenSocket, Listener, Shutdown};
pub use service::Service;
pub use settings::Settings;
pub use token::ControlToken;
