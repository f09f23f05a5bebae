//! What can go wrong with a UPS's server, in sentences for the operator.

/// Why a UPS's state is not known. Servers are named `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UpsError {
    /// no connection, with the system's words
    #[error("the UPS server {server} cannot be reached ({cause}); start nut-server there, or correct the address")]
    Unreachable {
        /// which
        server: String,
        /// the system's words
        cause: String,
    },
    /// an answer did not come in time, or not whole
    #[error("the UPS server {0} does not answer; restart nut-server")]
    Silent(String),
    /// it hung up
    #[error("the UPS server {0} ended the connection; look whether nut-server still runs")]
    Closed(String),
    /// longer than any real one
    #[error("the UPS server {0} answers without end; look whether this is the port of nut-server")]
    Endless(String),
    /// not the protocol, with the rule that was broken
    #[error("the answer of the UPS server {server} is not understood ({rule}); look whether this is nut-server's port")]
    NotUnderstood {
        /// which
        server: String,
        /// what the answer is not
        rule: &'static str,
    },
    /// UNKNOWN-UPS
    #[error("the UPS server {server} knows no UPS named {ups}; correct the name, or add it to ups.conf there")]
    UnknownUps {
        /// which
        server: String,
        /// the name asked for
        ups: String,
    },
    /// DATA-STALE
    #[error("the driver of the UPS {0} has lost it; check the cable between the UPS and its computer")]
    Stale(String),
    /// DRIVER-NOT-CONNECTED
    #[error("the driver of the UPS {0} does not run; start nut-driver")]
    DriverNotConnected(String),
    /// ACCESS-DENIED, or another refusal of this machine
    #[error("the UPS server {0} does not let this machine read; allow it there")]
    Denied(String),
    /// another ERR answer, whose code is letters and hyphens
    #[error("the UPS server {server} refused with {code}; look into its log")]
    Refused {
        /// which
        server: String,
        /// the protocol's code
        code: String,
    },
    /// it has no `ups.status`
    #[error("the UPS {0} does not tell whether it is on mains or battery; use another driver for it")]
    NoStatus(String),
    /// the system gave no thread
    #[error("the watch over the UPS {ups} could not be started ({cause}); restart the station")]
    NoWatch {
        /// which
        ups: String,
        /// the system's words
        cause: String,
    },
}
