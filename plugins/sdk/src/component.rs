//! From a driver's trait to the contract's resource, in the sandbox. Macros, since every driver has bindings of its own: a
//! component carries its world's description in the crate that exports it.

mod document_reader;
mod printer;
mod scanner;

/// Makes `shown` (the SDK's stage as the contract's) in the module that calls it.
#[doc(hidden)]
#[macro_export]
macro_rules! told_progress {
    ($($driver:ident)::+) => {
        fn shown(stage: $crate::progress::Stage) -> $($driver)::+::progress::Stage {
            use $($driver)::+::progress::Stage as Told;
            use $crate::progress::Stage;
            match stage {
                Stage::Ready => Told::Ready,
                Stage::Presented => Told::Presented,
                Stage::Reading => Told::Reading,
                Stage::HoldStill => Told::HoldStill,
                Stage::PressHarder => Told::PressHarder,
                Stage::Remove => Told::Remove,
            }
        }
    };
}

/// Makes `Claimed` (the contract's claimed interface during one call, with what the call has left), `identity`, `told` (the
/// SDK's fault as the contract's) and `no_interface` in the module that calls it: the argument is the path of the generated
/// module of package `kiosk:driver`.
#[doc(hidden)]
#[macro_export]
macro_rules! claimed_interface {
    ($($driver:ident)::+) => {
        /// The host's claimed interface during one call.
        struct Claimed<'a> {
            interface: &'a $($driver)::+::usb::ClaimedInterface,
            /// milliseconds that the call has left
            remaining_ms: &'a dyn Fn() -> u32,
        }

        impl $crate::usb::Concurrent for Claimed<'_> {
            fn submit(
                &self,
                request: $crate::usb::Request,
                timeout_ms: u32,
            ) -> Result<$crate::usb::Ticket, $crate::usb::Refusal> {
                use $($driver)::+::usb::Refusal as Refused;
                use $crate::usb::Refusal;
                let submitted = self.interface.submit(&asked(request), timeout_ms);
                submitted.map($crate::usb::Ticket).map_err(|refused| match refused {
                    Refused::NoDevice => Refusal::NoDevice,
                    Refused::NotGranted => Refusal::NotGranted,
                    Refused::Busy => Refusal::Busy,
                    Refused::Invalid => Refusal::Invalid,
                })
            }

            fn wait(&self, tickets: &[$crate::usb::Ticket], timeout_ms: u32) -> Option<$crate::usb::Completion> {
                let tickets: Vec<u32> = tickets.iter().map(|ticket| ticket.0).collect();
                self.interface.wait(&tickets, timeout_ms).map(taken)
            }

            /// In one call of the host instead of two.
            fn transfer(
                &self,
                request: $crate::usb::Request,
                timeout_ms: u32,
            ) -> Result<Vec<u8>, $crate::usb::Status> {
                let completion = self.interface.transfer(&asked(request), timeout_ms);
                taken(completion).completed()
            }

            fn cancel(&self, ticket: $crate::usb::Ticket) {
                self.interface.cancel(ticket.0);
            }

            fn clear_halt(&self, endpoint: u8) -> Result<(), $crate::usb::Status> {
                self.interface.clear_halt(endpoint).map_err(ended)
            }

            fn remaining_ms(&self) -> u32 {
                (self.remaining_ms)()
            }
        }

        fn asked(request: $crate::usb::Request) -> $($driver)::+::usb::Request {
            use $($driver)::+::usb::{ControlRead, ControlWrite, DataRead, DataWrite, Request as Asked};
            use $crate::usb::Request;
            match request {
                Request::ControlIn { setup, length } => Asked::ControlIn(ControlRead { setup: set_up(setup), length }),
                Request::ControlOut { setup, data } => Asked::ControlOut(ControlWrite { setup: set_up(setup), data }),
                Request::DataIn { endpoint, length } => Asked::DataIn(DataRead { endpoint, length }),
                Request::DataOut { endpoint, data } => Asked::DataOut(DataWrite { endpoint, data }),
            }
        }

        fn set_up(setup: $crate::usb::Setup) -> $($driver)::+::usb::Setup {
            use $($driver)::+::usb::{Recipient as To, RequestKind as Whose};
            use $crate::usb::{Recipient, RequestKind};
            $($driver)::+::usb::Setup {
                kind: match setup.kind {
                    RequestKind::Standard => Whose::Standard,
                    RequestKind::Class => Whose::Class,
                    RequestKind::Vendor => Whose::Vendor,
                },
                recipient: match setup.recipient {
                    Recipient::Device => To::Device,
                    Recipient::Interface => To::Interface,
                    Recipient::Endpoint => To::Endpoint,
                    Recipient::Other => To::Other,
                },
                request: setup.request,
                value: setup.value,
                index: setup.index,
            }
        }

        fn taken(completion: $($driver)::+::usb::Completion) -> $crate::usb::Completion {
            $crate::usb::Completion {
                ticket: $crate::usb::Ticket(completion.ticket),
                status: ended(completion.status),
                actual: completion.actual,
                data: completion.data,
            }
        }

        fn ended(status: $($driver)::+::usb::Status) -> $crate::usb::Status {
            use $($driver)::+::usb::Status as Ended;
            use $crate::usb::Status;
            match status {
                Ended::Completed => Status::Completed,
                Ended::TimedOut => Status::TimedOut,
                Ended::Cancelled => Status::Cancelled,
                Ended::Stalled => Status::Stalled,
                Ended::Overflow => Status::Overflow,
                Ended::NoDevice => Status::NoDevice,
                Ended::IoError => Status::IoError,
                Ended::NotGranted => Status::NotGranted,
            }
        }

        fn identity(interface: &$($driver)::+::usb::ClaimedInterface) -> $crate::device::Identity {
            let said = interface.identity();
            $crate::device::Identity {
                vendor_id: said.vendor_id,
                product_id: said.product_id,
                release: said.release,
                manufacturer: said.manufacturer,
                product: said.product,
                serial: said.serial,
                interface_number: said.interface_number,
            }
        }

        fn no_interface() -> $($driver)::+::faults::Fault {
            told($crate::fault::Fault::new($crate::fault::Kind::NotSupported, "no-interface"))
        }

        /// The contract's fault; the detail stays empty, since it could carry what was read.
        fn told(fault: $crate::fault::Fault) -> $($driver)::+::faults::Fault {
            use $($driver)::+::faults::Kind as Told;
            use $crate::fault::Kind;
            $($driver)::+::faults::Fault {
                kind: match fault.kind {
                    Kind::NothingPresented => Told::NothingPresented,
                    Kind::Cancelled => Told::Cancelled,
                    Kind::DeviceGone => Told::DeviceGone,
                    Kind::Protocol => Told::Protocol,
                    Kind::NotSupported => Told::NotSupported,
                    Kind::NeedsAttention => Told::NeedsAttention,
                },
                code: fault.code.to_owned(),
                detail: String::new(),
            }
        }
    };
}
