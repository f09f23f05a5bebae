//! Standing still at a write of the journal, so that a test can cut the power exactly there.

use journal::journal::{Moment, Observer};
use std::str::FromStr;

/// A write and a moment of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HoldAt {
    number: u64,
    moment: Moment,
}

impl FromStr for HoldAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (number, moment) = text.split_once(':')?;
            let moment = match moment {
                "before" => Moment::Before,
                "written" => Moment::Written,
                "durable" => Moment::Durable,
                _ => return None,
            };
            Some(Self {
                number: number.parse().ok()?,
                moment,
            })
        };
        parse().ok_or_else(|| "write it as 3:durable, 3:written or 3:before".to_owned())
    }
}

impl HoldAt {
    /// Says so and stands still for good when the moment comes.
    pub(crate) fn observer(self) -> Observer {
        Box::new(move |number, moment| {
            if (number, moment) == (self.number, self.moment) {
                println!("HOLDING");
                loop {
                    std::thread::park();
                }
            }
        })
    }
}
