//! The thresholds that the product ships: its policy's, with the settings that it has before anyone changes them.

use fingerprint_first::rules::needed;
use fingerprint_first::settings::Settings;

/// Sizes of rolls that are stated. The second is what the matcher's figures are judged by.
pub(crate) const ROLLS: [u32; 3] = [1_300, 5_000, 50_000];
/// Voters of the roll whose threshold stands for "the" threshold of 1:N.
pub(crate) const ROLL: u32 = 5_000;

/// The lowest score at which a search in a roll of so many voters names one. It is the same for one finger and for two:
/// the score of several fingers together is calibrated like that of one.
pub(crate) fn threshold(roll: u32) -> u16 {
    needed(&Settings::default(), roll)
}
