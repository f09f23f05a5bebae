//! What a UPS tells of itself, out of NUT's variables (NUT developer guide, appendix "variables").

use std::time::Duration;

/// What feeds the station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Supply {
    /// OL
    Mains,
    /// OB, whatever else is told
    Battery,
    /// OFF: the UPS feeds nothing
    Off,
    /// none of these, as a UPS tells while it tests itself or just after its driver started
    Unknown,
}

impl std::fmt::Display for Supply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mains => "on mains",
            Self::Battery => "on battery",
            Self::Off => "switched off",
            Self::Unknown => "not known",
        })
    }
}

/// The state of a UPS. Flags that NUT may add later are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UpsState {
    /// OL, OB or OFF
    pub supply: Supply,
    /// LB: the battery is nearly empty; with [`Supply::Battery`] the station should be closed down
    pub low_battery: bool,
    /// RB: the battery must be replaced
    pub replace_battery: bool,
    /// CHRG
    pub charging: bool,
    /// DISCHRG
    pub discharging: bool,
    /// BYPASS: mains passes through unprotected
    pub bypass: bool,
    /// OVER: more is plugged in than the UPS can feed
    pub overloaded: bool,
    /// CAL: it measures its battery's running time by emptying it
    pub calibrating: bool,
    /// FSD: its server is shutting everything down
    pub forced_shutdown: bool,
    /// ALARM
    pub alarm: bool,
    /// `battery.charge`, 0 to 100 percent, rounded down; none where it is not told or is no such number
    pub charge_percent: Option<u8>,
    /// `battery.runtime`, how long the battery lasts, in whole seconds; none where it is not told or is no such number
    pub runtime: Option<Duration>,
}

impl UpsState {
    /// Out of the values of `ups.status`, `battery.charge` and `battery.runtime`.
    #[must_use]
    pub(super) fn read(status: &str, charge: Option<&str>, runtime: Option<&str>) -> Self {
        let has = |flag: &str| status.split_whitespace().any(|told| told == flag);
        let supply = if has("OB") {
            // Both are told by some drivers for a moment; the battery is the one to act on.
            Supply::Battery
        } else if has("OL") {
            Supply::Mains
        } else if has("OFF") {
            Supply::Off
        } else {
            Supply::Unknown
        };
        Self {
            supply,
            low_battery: has("LB"),
            replace_battery: has("RB"),
            charging: has("CHRG"),
            discharging: has("DISCHRG"),
            bypass: has("BYPASS"),
            overloaded: has("OVER"),
            calibrating: has("CAL"),
            forced_shutdown: has("FSD"),
            alarm: has("ALARM"),
            charge_percent: charge.and_then(charge_percent),
            runtime: runtime.and_then(whole_number).map(Duration::from_secs),
        }
    }

    /// Whether the station should close down now: on a battery that is nearly empty, or because the server says so.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        self.forced_shutdown || (self.supply == Supply::Battery && self.low_battery)
    }
}

fn charge_percent(text: &str) -> Option<u8> {
    let percent = whole_number(text)?;
    u8::try_from(percent).ok().filter(|&percent| percent <= 100)
}

/// The whole part of a decimal number of at most nine digits before the point. Drivers write `95`, `95.0`, `0095`.
fn whole_number(text: &str) -> Option<u64> {
    const MAX_DIGITS: usize = 9;
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > MAX_DIGITS || !digits(whole) || !digits(fraction) {
        return None;
    }
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(state: &UpsState) -> String {
        let told = [
            (state.low_battery, "low"),
            (state.replace_battery, "replace"),
            (state.charging, "charging"),
            (state.discharging, "discharging"),
            (state.bypass, "bypass"),
            (state.overloaded, "overloaded"),
            (state.calibrating, "calibrating"),
            (state.forced_shutdown, "shutdown"),
            (state.alarm, "alarm"),
            (state.is_critical(), "CRITICAL"),
        ];
        let told: Vec<_> = told.iter().filter(|(is, _)| *is).map(|&(_, word)| word).collect();
        told.join(" ")
    }

    /// ups.status, what feeds the station, what else is told
    const STATUSES: [(&str, Supply, &str); 15] = [
        ("OL", Supply::Mains, ""),
        ("OL CHRG", Supply::Mains, "charging"),
        ("OB DISCHRG", Supply::Battery, "discharging"),
        ("OB LB", Supply::Battery, "low CRITICAL"),
        ("LB OB", Supply::Battery, "low CRITICAL"),
        ("OL LB", Supply::Mains, "low"),
        ("OL OB", Supply::Battery, ""),
        ("OL RB", Supply::Mains, "replace"),
        ("OL BYPASS OVER", Supply::Mains, "bypass overloaded"),
        ("CAL OB", Supply::Battery, "calibrating"),
        ("FSD OL", Supply::Mains, "shutdown CRITICAL"),
        ("ALARM OL", Supply::Mains, "alarm"),
        ("OFF", Supply::Off, ""),
        ("WAIT", Supply::Unknown, ""),
        ("  OL   ol NEWFLAG OBX ", Supply::Mains, ""),
    ];

    #[test]
    fn every_status_flag_has_its_meaning() {
        for (status, supply, told) in STATUSES {
            let state = UpsState::read(status, None, None);
            assert_eq!((state.supply, flags(&state).as_str()), (supply, told), "{status:?}");
        }
    }

    /// the text, as percent, as seconds
    const NUMBERS: [(&str, Option<u8>, Option<u64>); 14] = [
        ("100", Some(100), Some(100)),
        ("0", Some(0), Some(0)),
        ("87.5", Some(87), Some(87)),
        ("095.00", Some(95), Some(95)),
        (" 7 ", Some(7), Some(7)),
        ("101", None, Some(101)),
        ("1500", None, Some(1500)),
        ("-1", None, None),
        ("+5", None, None),
        ("", None, None),
        (".5", None, None),
        ("NaN", None, None),
        ("1e3", None, None),
        ("99999999999999999999", None, None),
    ];

    #[test]
    fn a_number_that_cannot_be_right_is_not_known() {
        for (text, percent, seconds) in NUMBERS {
            let state = UpsState::read("OL", Some(text), Some(text));
            let read = (state.charge_percent, state.runtime.map(|runtime| runtime.as_secs()));
            assert_eq!(read, (percent, seconds), "{text:?}");
        }
    }
}
