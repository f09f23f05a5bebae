//! Runs plugins: verify, compile, grant, instantiate, limit, call, supervise.
//!
//! [`runtime::Runtime`] loads a component into a [`plugin::Plugin`]: compiled where [`workshop::Workshop`] says, in a
//! [`compile_child`] or here, or out of a [`compiled_cache`]. [`probe`] tries it before it serves.
//!
//! Policies and exporters get a fresh instance per call ([`policy::Policy`], [`exporter::Exporter`]). Drivers and matchers
//! are long-lived: each an instance on its own thread behind a bounded mailbox ([`scanner::Scanner`],
//! [`document_reader::DocumentReader`], [`printer::Printer`], [`matcher::Matcher`]). What a plugin may reach is checked in
//! [`grants`] and nowhere else; what it may use up stands in [`limits`].

mod actor;
mod bindings;
mod claimed;
mod clock;
mod engine;
mod guest;
mod listener;
mod plugin_log;
mod precompiled;
mod samples;

pub mod case_json;
pub mod compile_child;
pub mod compiled_cache;
pub mod document_reader;
pub mod driver;
pub mod error;
pub mod exporter;
pub mod grants;
pub mod limits;
pub mod lockstep;
pub mod matcher;
pub mod plugin;
pub mod policy;
pub mod printer;
pub mod probe;
pub mod results_json;
pub mod runtime;
pub mod scanner;
pub mod session;
pub mod signed;
pub mod workshop;

pub use samples::{FingerImage, GreyImage, Impression};
