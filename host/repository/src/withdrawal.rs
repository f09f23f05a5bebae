//! What no longer runs: withdrawals, floors; and what runs later: waves.

use crate::draft::Draft;
use crate::error::Error;
use plan::emergency::Withdrawal;
use plan::item::{ItemId, Release};
use plan::names::is_name;
use plan::waves::Waves;

impl Draft {
    /// Withdraws a release in the plan: kiosks go back to the newest that is left.
    ///
    /// # Errors
    /// [`Error::Rule`] where there is no such release, or the reason is no code.
    pub fn withdraw(&mut self, id: &ItemId, counter: u32, reason: &str) -> Result<(), Error> {
        check_reason(reason)?;
        let release = self.release(id, counter)?;
        if let Some(reason) = &release.withdrawn {
            return Err(Error::Rule(format!(
                "release {counter} of {id} is withdrawn already ({reason})"
            )));
        }
        release.withdrawn = Some(reason.to_owned());
        Ok(())
    }

    /// Withdraws a release in the emergency list, which needs its own keys alone.
    ///
    /// # Errors
    /// [`Error::Rule`] where there is no such release, or the reason is no code.
    pub fn withdraw_in_emergency(&mut self, id: &ItemId, counter: u32, reason: &str) -> Result<(), Error> {
        check_reason(reason)?;
        self.release(id, counter)?;
        if let Some(reason) = self.emergency.reason(id, counter) {
            return Err(Error::Rule(format!(
                "release {counter} of {id} is on the emergency list already ({reason})"
            )));
        }
        self.emergency.withdrawn.push(Withdrawal {
            item: id.clone(),
            counter,
            reason: reason.to_owned(),
        });
        Ok(())
    }

    /// Raises an item's floor: no release with a smaller counter runs on any kiosk, ever again.
    ///
    /// # Errors
    /// [`Error::Rule`] where it would sink, or no release would be left.
    pub fn raise_floor(&mut self, id: &ItemId, floor: u32) -> Result<(), Error> {
        let item = self.item(id)?;
        if floor <= item.floor {
            return Err(Error::Rule(format!(
                "the floor of {id} is {} and only rises; give a larger counter",
                item.floor
            )));
        }
        let newest = item.releases.last().map_or(0, |release| release.counter);
        if floor > newest {
            return Err(Error::Rule(format!(
                "the newest release of {id} is {newest}; with a floor of {floor} nothing would run"
            )));
        }
        item.floor = floor;
        Ok(())
    }

    /// Says when which kiosks take an item's newest release; at once where there are no waves.
    ///
    /// # Errors
    /// [`Error::Rule`] where the waves do not check.
    pub fn set_waves(&mut self, id: &ItemId, waves: Option<Waves>) -> Result<(), Error> {
        if let Some(mistake) = waves.as_ref().and_then(Waves::mistake) {
            return Err(Error::Rule(format!("{id}: {mistake}")));
        }
        let item = self.item(id)?;
        if let Some(newest) = item.releases.last_mut() {
            newest.waves = waves;
        }
        Ok(())
    }

    fn release(&mut self, id: &ItemId, counter: u32) -> Result<&mut Release, Error> {
        let item = self.item(id)?;
        let known: Vec<String> = item.releases.iter().map(|one| one.counter.to_string()).collect();
        let found = item.releases.iter_mut().find(|release| release.counter == counter);
        found.ok_or_else(|| Error::Rule(format!("{id} has no release {counter}; it has {}", known.join(", "))))
    }
}

fn check_reason(reason: &str) -> Result<(), Error> {
    if is_name(reason) {
        return Ok(());
    }
    Err(Error::Rule(format!(
        "the reason `{reason}` must be a code, 1 to 64 of a-z, 0-9 and -, a letter first"
    )))
}
