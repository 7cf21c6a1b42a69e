//! What every route of the HTTP API shares: who calls, problems, parameters, bodies, paging, files, rates.
//!
//! It knows no resource: a function's crate names its own routes, problems and columns, and depends on this one.

pub mod about;
pub mod audit;
pub mod body;
pub mod caller;
pub mod config;
pub mod context;
pub mod csv;
pub mod export;
pub mod export_link;
pub mod file_request;
pub mod gateway;
pub mod negotiate;
pub mod openapi;
pub mod origin;
pub mod paging;
pub mod parameter;
pub mod parameters;
pub mod problem;
pub mod random;
pub mod rate;
pub mod redact;
mod refused_login;
pub mod request_id;
pub mod route;
pub mod time;
pub mod visitor;
