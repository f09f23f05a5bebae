//! Who does the work: looks for what is new, makes it ready, and puts it into its place. One thread owns it.
//!
//! All that takes long (fetching, compiling, trying, filling a gallery) is done beside the table that serves; what is left for
//! the moment of the swap is a row of the journal and a pointer.

use crate::assembly::{Kiosk, SwapError};
use crate::table::{Parts, Table, Unfit};
use crate::updates::depot::{Depot, Unusable, plugin_digest};
use crate::updates::lineup::{Lineup, Placed};
use crate::updates::rows;
use crate::updates::state::{Known, Releases, Run, Stage, Standing, TROUBLE, Trust, passing, unix_ms};
use crate::updates::status::in_words;
use crate::updates::terms::Terms;
use crate::updates::troubles::Troubles;
use crate::updates::wish::{View, Wish, coming, wishes};
use ::updates::client::Client;
use ::updates::digest::Sha256;
use ::updates::folder::FolderSource;
use ::updates::offer::{Offer, Seen};
use ::updates::refusal::Refusal;
use ::updates::source::Source;
use ::updates::time::{Clock, TrustedTime};
use identification::event::{Event, UpdateStep};
use identification::rules::are_two;
use jiff::Timestamp;
use plan::choice::{Local, choose};
use plan::item::{File, ItemId, Kind};
use plan::waves::Seed;
use plugin_runtime::driver::DriverError;
use plugin_runtime::plugin::Digest;
use plugin_runtime::policy::PolicyError;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// No kiosk's time is before this program was built: `SOURCE_DATE_EPOCH` of the build, else the year of this version.
const BUILT: Option<&str> = option_env!("SOURCE_DATE_EPOCH");
/// 2026-01-01, in seconds.
const YEAR_OF_THIS_VERSION: i64 = 1_767_225_600;

/// What a trouble is about, beside items.
const OFFER: &str = "what the commission signed";
const EMERGENCY: &str = "the emergency list";
const CLOCK: &str = "the clock";
const JOURNAL: &str = "the journal";
const STORE: &str = "the store";

/// What is to take an item's place; nothing where it is to end.
type Set = BTreeMap<ItemId, Option<Placed>>;

/// A part of a set that cannot be on a table.
struct Misfit {
    id: ItemId,
    code: &'static str,
    sentence: String,
}

/// What is known beside the journal, for whoever looks.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// what the commission signed
    pub offer: Option<Arc<Offer>>,
    /// when a source last answered
    pub last_answer: Option<Timestamp>,
    /// what is wrong, in sentences
    pub troubles: Vec<String>,
    /// what would change now, and is ready
    pub waiting: Vec<Wish>,
    /// what comes later: item, release, when
    pub coming: Vec<(ItemId, u32, Timestamp)>,
    /// where it is looked
    pub source: Option<String>,
    /// trusted time
    pub now: Timestamp,
}

/// The clerk.
pub struct Clerk {
    kiosk: Arc<Kiosk>,
    client: Client,
    depot: Depot,
    base: Parts,
    lineup: Lineup,
    /// fetched, compiled and tried
    ready: BTreeMap<(ItemId, u32), Placed>,
    source: Option<Box<dyn Source>>,
    time: TrustedTime,
    seed: Seed,
    offer: Option<Arc<Offer>>,
    last_answer: Option<Timestamp>,
    troubles: Troubles,
    /// when the next wave begins of a release that is to come
    next_wave: Option<Timestamp>,
    /// something waits for officers, or for the polls to close
    waits: bool,
    /// tables that calls may still run on
    retiring: Vec<Arc<Table>>,
}

impl Clerk {
    /// A clerk of this kiosk; none where it takes no signed releases. `shipped_root` is the file that the kiosk came with.
    ///
    /// # Errors
    /// [`Refusal`]: the kiosk goes on with what it runs.
    pub fn new(
        kiosk: &Arc<Kiosk>,
        folder: &Path,
        shipped_root: &[u8],
        source: Option<Box<dyn Source>>,
    ) -> Result<Option<Self>, Refusal> {
        let Some(signed) = kiosk.signed().cloned() else {
            return Ok(None);
        };
        let client = Client::open(&folder.join("metadata"), shipped_root)?;
        let mut time = TrustedTime::new(built());
        let standing = kiosk.updates();
        let trust = standing.trust();
        if let Some(at) = trust.and_then(|trust| unix_ms(trust.signed_at)) {
            time.signed(at);
        }
        let origin = kiosk.look(|desk| desk.journal().owner().origin());
        let mut clerk = Self {
            kiosk: Arc::clone(kiosk),
            client,
            depot: signed.depot,
            base: signed.base,
            lineup: signed.lineup,
            ready: BTreeMap::new(),
            source,
            time,
            seed: Seed::of(&origin),
            offer: None,
            last_answer: trust.and_then(Trust::answered),
            troubles: Troubles::default(),
            next_wave: None,
            waits: false,
            retiring: Vec::new(),
        };
        clerk.recall();
        Ok(Some(clerk))
    }

    /// What was taken before this start, and what follows from it, without any source.
    fn recall(&mut self) {
        match self.client.kept() {
            Ok(Some(offer)) => {
                if self.take(offer).is_ok() {
                    self.tend();
                }
            }
            Ok(None) => {}
            Err(refusal) => self.trouble(OFFER, refusal.code(), refusal.to_string()),
        }
    }

    /// Trusted time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.time.now(self.clock())
    }

    fn clock(&self) -> Timestamp {
        unix_ms(self.kiosk.clock()).unwrap_or(Timestamp::MIN)
    }

    fn trouble(&mut self, about: &str, code: &str, sentence: String) {
        if self.troubles.is_new(about, code) {
            tracing::warn!(about, code, "{sentence}");
            let code = format!("{TROUBLE}{code}");
            if let Err(error) = self.kiosk.write_down(&[Event::Incident { code }]) {
                self.kiosk.notice(error.to_string());
            }
        }
        self.troubles.set(about, code, sentence);
    }

    /// Rows that are durable when this returns; false where they could not be written, and nothing must follow from them.
    fn write(&mut self, events: &[Event]) -> bool {
        match self.kiosk.write_down(events) {
            Ok(()) => {
                self.troubles.clear(JOURNAL);
                true
            }
            Err(error) => {
                // The row about it could not be written either.
                tracing::error!("{error}");
                self.troubles.set(JOURNAL, "journal", error.to_string());
                false
            }
        }
    }

    /// What whoever looks may know beside the journal.
    #[must_use]
    pub fn outlook(&self) -> Outlook {
        let standing = self.kiosk.updates();
        Outlook {
            offer: self.offer.clone(),
            last_answer: self.last_answer,
            troubles: self.troubles.sentences(),
            waiting: self.waiting(&standing),
            coming: self.coming(&standing),
            source: self.source.as_ref().map(|source| source.describe()),
            now: self.now(),
        }
    }

    /// Looks at the configured source and does all that follows from it.
    ///
    /// # Errors
    /// A sentence where there is none, or it gave nothing.
    pub fn check(&mut self, again: bool) -> Result<Vec<String>, String> {
        let Some(source) = self.source.take() else {
            return Err(
                "no server and no mirror is configured; take a stick with `kiosk-gateway updates import`".to_owned(),
            );
        };
        let done = self.round(&*source, again);
        self.source = Some(source);
        done
    }

    /// Takes what is on a stick.
    ///
    /// # Errors
    /// A sentence.
    pub fn import(&mut self, folder: &Path) -> Result<Vec<String>, String> {
        self.round(&FolderSource::new(folder), true)
    }

    fn round(&mut self, source: &dyn Source, again: bool) -> Result<Vec<String>, String> {
        let looked = self.look(source);
        // What was taken earlier is still worked on: a wave may have begun since.
        let whole = self.prepare(Some(source), again);
        let done = self.settle(&[], None);
        if whole {
            self.prune();
        }
        looked.map(|()| done)
    }

    /// Does what needs no source: a wave that began, polls that closed.
    pub fn tend(&mut self) -> Vec<String> {
        self.prepare(None, false);
        self.settle(&[], None)
    }

    /// Has a wave begun that was still to come, or have the polls closed for whose end something waits?
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.next_wave.is_some_and(|wave| wave <= self.now()) || self.waits && !self.kiosk.polls_open()
    }

    fn look(&mut self, source: &dyn Source) -> Result<(), String> {
        let now = self.now();
        let standing = self.kiosk.updates();
        let seen = standing.trust().map_or(Seen::default(), |trust| Seen {
            plan: trust.plan.counter,
            emergency: trust.emergency.as_ref().map_or(0, |list| list.counter),
        });
        match self.client.offer(source, now, &self.depot.artifacts, seen) {
            Ok(offer) => {
                self.last_answer = Some(now);
                self.troubles.clear(OFFER);
                match &offer.emergency_refusal {
                    None => self.troubles.clear(EMERGENCY),
                    Some(refusal) => {
                        let sentence = format!("the emergency list is the last one that was taken: {refusal}");
                        self.trouble(EMERGENCY, refusal.code(), sentence);
                    }
                }
                self.take(offer)
            }
            Err(refusal) => {
                let sentence = refusal.to_string();
                self.trouble(OFFER, refusal.code(), sentence.clone());
                Err(sentence)
            }
        }
    }

    /// Takes an offer: what it says of trust, floors and withdrawals is in the journal before anything follows from it.
    fn take(&mut self, offer: Offer) -> Result<(), String> {
        if let Some(at) = offer.versions.signed_at {
            self.time.signed(at);
        }
        match self.time.judge(self.clock()) {
            Clock::Plausible => self.troubles.clear(CLOCK),
            Clock::Behind { by } => {
                let sentence = format!(
                    "the kiosk's clock is {} behind the time at which the commission signed; set the clock",
                    in_words(by)
                );
                self.trouble(CLOCK, "clock-behind", sentence);
            }
        }
        let news = rows::news(&offer, &self.kiosk.updates());
        if !news.is_empty() && !self.write(&news) {
            return Err("the journal could not be written, so nothing was taken".to_owned());
        }
        self.offer = Some(Arc::new(offer));
        Ok(())
    }

    fn view<'a>(&self, offer: &'a Offer) -> View<'a> {
        View {
            plan: &offer.plan,
            emergency: &offer.emergency,
            seed: self.seed,
            now: self.now(),
        }
    }

    fn wishes(&self, standing: &Standing) -> Vec<Wish> {
        let Some(offer) = &self.offer else {
            return Vec::new();
        };
        let local = standing.local(&offer.plan, false);
        wishes(self.view(offer), &self.local_here(local), &self.lineup.running())
    }

    /// What runs is what is on the table; the journal says so too, but for what could not be opened at this start.
    fn local_here(&self, local: Local) -> Local {
        let active = self.lineup.iter().map(|(id, placed)| (id.clone(), placed.run.counter));
        Local {
            active: active.collect(),
            ..local
        }
    }

    /// Wishes that can be carried out now. Policy, matcher and settings are made for each other, so that none of them comes in
    /// while another is still on its way; what must not run any more does not wait for that.
    fn ripe(&self, standing: &Standing) -> Vec<Wish> {
        let mut wishes = self.wishes(standing);
        let is_ready = |wish: &Wish| match wish {
            Wish::Run { id, counter } => self.ready.contains_key(&(id.clone(), *counter)),
            Wish::Stop { .. } => true,
        };
        let one_is_on_its_way = wishes.iter().any(|wish| is_joined(wish.id()) && !is_ready(wish));
        wishes.retain(|wish| {
            let waits = one_is_on_its_way && is_joined(wish.id()) && standing.against(wish.id()).is_none();
            is_ready(wish) && !waits
        });
        wishes
    }

    /// What officers can agree to: not what would not fit beside what stays.
    fn waiting(&self, standing: &Standing) -> Vec<Wish> {
        let mut waiting = self.ripe(standing);
        waiting.retain(|wish| match wish {
            Wish::Run { id, counter } => {
                let known = standing.item(id).and_then(|releases| releases.known(*counter));
                known.is_none_or(|known| known.refused.is_none())
            }
            Wish::Stop { .. } => true,
        });
        waiting
    }

    fn coming(&self, standing: &Standing) -> Vec<(ItemId, u32, Timestamp)> {
        let Some(offer) = &self.offer else {
            return Vec::new();
        };
        let local = self.local_here(standing.local(&offer.plan, false));
        coming(self.view(offer), &local)
    }

    /// Fetches, compiles and tries every release that is to run or that comes later. False where something could not be
    /// fetched, and may go on at the next look.
    fn prepare(&mut self, source: Option<&dyn Source>, again: bool) -> bool {
        let Some(offer) = self.offer.clone() else {
            return true;
        };
        let standing = self.kiosk.updates();
        let local = self.local_here(standing.local(&offer.plan, again));
        let view = self.view(&offer);
        let chosen = offer.plan.items.iter().filter_map(|item| {
            let release = choose(item, view.emergency, &local, view.seed, view.now)?;
            Some((item.id(), release.counter))
        });
        let later = coming(view, &local);
        self.next_wave = later.iter().map(|(_, _, from)| *from).min();
        let later = later.into_iter().map(|(id, counter, _)| (id, counter));
        let wanted: BTreeSet<(ItemId, u32)> = chosen.chain(later).collect();
        self.ready.retain(|release, placed| {
            let terms = Terms::find(&offer.plan, &release.0, release.1);
            wanted.contains(release) && terms.as_ref() == Some(&placed.terms)
        });
        let mut whole = true;
        for (id, counter) in wanted {
            let Some(terms) = Terms::find(&offer.plan, &id, counter) else {
                continue;
            };
            let runs = self.lineup.get(&id);
            let on_the_table = runs.is_some_and(|placed| placed.run.counter == counter && placed.terms == terms);
            if on_the_table {
                self.troubles.clear(&id.to_string());
            } else if !self.ready.contains_key(&(id.clone(), counter)) {
                whole &= self.make_ready(source, &id, counter, terms, &offer);
            }
        }
        whole
    }

    /// False where it could not be fetched.
    fn make_ready(
        &mut self,
        source: Option<&dyn Source>,
        id: &ItemId,
        counter: u32,
        terms: Terms,
        offer: &Offer,
    ) -> bool {
        let Ok(digest) = terms.file.sha256.parse::<Sha256>() else {
            return true;
        };
        let known = self.known(id, counter, &digest);
        let stage = known.as_ref().and_then(|known| known.stage);
        let had = known
            .as_ref()
            .is_some_and(|known| known.stage.is_some() || known.plan.is_some());
        if let Err(refusal) = self.fetch(source, &terms, had) {
            let sentence = format!("{id} {counter} could not be fetched: {refusal}");
            self.trouble(&id.to_string(), refusal.code(), sentence);
            return false;
        }
        let row = |step| rows::step_of(id, counter, &digest, step);
        if stage.is_none() && !self.write(&[row(UpdateStep::Fetched)]) {
            return true;
        }
        let ware = match self.depot.take_out(id, &terms) {
            Ok(ware) => ware,
            Err(why) => {
                self.keep_out(id, counter, &digest, &why);
                return true;
            }
        };
        // Under an earlier plan it may have been verified on the same terms.
        let before = known.as_ref().and_then(|known| known.plan).filter(|plan| {
            let run = Run {
                counter,
                digest,
                plan: *plan,
            };
            self.depot.terms(id, &run).ok().as_ref() == Some(&terms)
        });
        let plan = before.unwrap_or(offer.plan_file);
        if before.is_none() {
            let verified = UpdateStep::Verified { plan: plan.to_string() };
            let compiled = id.kind.is_plugin().then(|| row(UpdateStep::Compiled));
            let rows: Vec<Event> = std::iter::once(row(verified)).chain(compiled).collect();
            if !self.write(&rows) {
                return true;
            }
        }
        if id.kind.is_plugin() && (before.is_none() || stage < Some(Stage::Probed)) {
            if let Err(why) = self.depot.probe(&ware, &terms) {
                self.keep_out(id, counter, &digest, &why);
                return true;
            }
            if !self.write(&[row(UpdateStep::Probed)]) {
                return true;
            }
        }
        self.troubles.clear(&id.to_string());
        let run = Run { counter, digest, plan };
        self.ready.insert((id.clone(), counter), Placed { run, terms, ware });
        true
    }

    fn known(&self, id: &ItemId, counter: u32, digest: &Sha256) -> Option<Known> {
        let standing = self.kiosk.updates();
        let known = standing.item(id).and_then(|releases| releases.known(counter));
        known.filter(|known| known.digest == *digest).cloned()
    }

    /// What was fetched before is not asked for again while it is here whole: going back needs no source.
    fn fetch(&mut self, source: Option<&dyn Source>, terms: &Terms, had: bool) -> Result<(), Refusal> {
        let files: Vec<File> = std::iter::once(&terms.file).chain(&terms.vectors).cloned().collect();
        let now = self.now();
        for file in files {
            let here = |depot: &Depot| {
                let sha256: Sha256 = file.sha256.parse().map_err(|_| Refusal::Empty)?;
                depot.artifacts.read(&sha256)
            };
            match (had.then(|| here(&self.depot)), source) {
                (Some(Ok(_)), _) => {}
                (_, Some(source)) => {
                    self.client.fetch_planned(source, &file, now, &self.depot.artifacts)?;
                }
                (Some(Err(refusal)), None) => return Err(refusal),
                (None, None) => drop(here(&self.depot)?),
            }
        }
        Ok(())
    }

    /// A release that cannot run here: in the journal, in the log, and on the page.
    fn keep_out(&mut self, id: &ItemId, counter: u32, digest: &Sha256, why: &Unusable) {
        let sentence = format!("{id} {counter} is not used: {why}");
        if why.is_passing() && why.code() != passing::PAIR {
            self.trouble(&id.to_string(), why.code(), sentence);
        } else {
            self.refuse(id, counter, digest, why.code(), sentence);
        }
    }

    /// Is this the very release that runs, under other terms? What the journal would say of it would end the one that runs, so that
    /// it is told, and no more.
    fn runs_on(&mut self, id: &ItemId, counter: u32, digest: &Sha256, code: &str, sentence: &str) -> bool {
        let runs = self
            .lineup
            .get(id)
            .map(|placed| (placed.run.counter, placed.run.digest));
        let runs_on = runs == Some((counter, *digest));
        if runs_on {
            let sentence = format!("{sentence}; it runs on under the terms of before");
            self.trouble(&id.to_string(), code, sentence);
        }
        runs_on
    }

    fn refuse(&mut self, id: &ItemId, counter: u32, digest: &Sha256, code: &str, sentence: String) {
        if self.runs_on(id, counter, digest, code, &sentence) {
            return;
        }
        let known = self.known(id, counter, digest);
        if known.and_then(|known| known.refused).as_deref() != Some(code) {
            tracing::warn!(item = %id, counter, code, "{sentence}");
            let reason = code.to_owned();
            self.write(&[rows::step_of(id, counter, digest, UpdateStep::Refused { reason })]);
        }
        self.troubles.set(&id.to_string(), code, sentence);
    }

    /// Brings in what is ready: by itself while the polls are not open, else with two officers. `only` these items, or all.
    pub fn settle(&mut self, officers: &[String], only: Option<&BTreeSet<ItemId>>) -> Vec<String> {
        self.let_go();
        let standing = self.kiosk.updates();
        // What runs on only because the polls are open goes when they close, though nothing be ready then.
        self.waits = self.lineup.iter().any(|(id, _)| standing.against(id).is_some());
        let mut set = Set::new();
        for wish in self.ripe(&standing) {
            if only.is_some_and(|only| !only.contains(wish.id())) {
                continue;
            }
            match wish {
                Wish::Run { id, counter } => {
                    let placed = self.ready.get(&(id.clone(), counter)).cloned();
                    set.insert(id, placed);
                }
                Wish::Stop { id, .. } => drop(set.insert(id, None)),
            }
        }
        let gone = self.add_what_must_go(&mut set, &standing);
        if set.is_empty() {
            return Vec::new();
        }
        if standing.polls_open() && !are_two(officers) {
            self.waits = true;
            return self.stand_by(set, &standing);
        }
        let before = self.troubles.clone();
        let told = self.bring_in(set, officers, &standing);
        for id in gone {
            // Why nothing newer took its place.
            self.troubles.put_back(&id.to_string(), &before);
        }
        told
    }

    /// What is on the table and must not run any more, while what is to follow it cannot be had: the good release before takes
    /// over, or nothing does, as after a restart. While the polls are open nothing must go.
    fn add_what_must_go(&mut self, set: &mut Set, standing: &Standing) -> Vec<ItemId> {
        let gone = |(id, placed): (&ItemId, &Placed)| {
            let runs = standing.runs(id).map(|run| (run.counter, run.digest));
            let stays = runs == Some((placed.run.counter, placed.run.digest));
            (!stays && !set.contains_key(id)).then(|| id.clone())
        };
        let gone: Vec<ItemId> = self.lineup.iter().filter_map(gone).collect();
        for id in &gone {
            let before = standing.runs(id);
            let placed = before.and_then(|run| self.take_out_again(id, run).ok());
            set.insert(id.clone(), placed);
        }
        gone
    }

    /// Brings in what waits: all of it, or only these items.
    ///
    /// # Errors
    /// A sentence: where the polls are open and two names are missing, or nothing waits.
    pub fn apply(&mut self, officers: &[String], only: Option<&BTreeSet<ItemId>>) -> Result<Vec<String>, String> {
        let standing = self.kiosk.updates();
        let waiting = self.waiting(&standing);
        let missing = only
            .into_iter()
            .flatten()
            .find(|id| !waiting.iter().any(|wish| wish.id() == *id));
        if let Some(id) = missing {
            return Err(format!(
                "nothing waits for {id}; `kiosk-gateway updates status` tells what does"
            ));
        }
        if waiting.is_empty() {
            return Ok(vec![
                "nothing waits: what the commission signed for this kiosk runs".to_owned(),
            ]);
        }
        if standing.polls_open() && !are_two(officers) {
            return Err(TWO_OFFICERS.to_owned());
        }
        Ok(self.settle(officers, only))
    }

    /// The polls are open: what is ready, and could come in, waits for two officers.
    fn stand_by(&mut self, mut set: Set, standing: &Standing) -> Vec<String> {
        let mut told = Vec::new();
        while let Err(misfit) = self.fitting(&self.lineup_with(&set), &set) {
            told.push(misfit.sentence.clone());
            self.leave_out(&mut set, misfit);
        }
        let rows: Vec<Event> = set
            .iter()
            .filter_map(|(id, placed)| standing_by(id, placed.as_ref()?, standing))
            .collect();
        if !rows.is_empty() {
            self.write(&rows);
        }
        told.extend(set.iter().map(|(id, placed)| match placed {
            Some(placed) => format!(
                "{id} {} waits for two officers, since the polls are open",
                placed.run.counter
            ),
            None => format!("the end of {id} waits for two officers, since the polls are open"),
        }));
        told
    }

    fn bring_in(&mut self, mut set: Set, officers: &[String], standing: &Standing) -> Vec<String> {
        let mut told = Vec::new();
        while !set.is_empty() {
            let lineup = self.lineup_with(&set);
            let table = match self.build(&lineup, &set) {
                Ok(table) => table,
                Err(misfit) => {
                    told.push(misfit.sentence.clone());
                    self.leave_out(&mut set, misfit);
                    continue;
                }
            };
            let rows = self.rows_of(&set, officers, standing);
            match self.kiosk.swap(table, &rows) {
                Ok(old) => {
                    told.extend(self.done(&set));
                    self.retiring.push(old);
                    self.lineup = lineup;
                    self.ready.retain(|(id, counter), _| {
                        set.get(id)
                            .is_none_or(|placed| placed.as_ref().is_none_or(|placed| placed.run.counter != *counter))
                    });
                    break;
                }
                Err(SwapError::Driver { plugin, why, old_works }) => {
                    let own = matches!(
                        &why,
                        crate::ports::PortError::Driver {
                            cause: DriverError::Plugin(_),
                            ..
                        }
                    );
                    let sentence = format!("the driver {} does not work: {why}", plugin.name());
                    told.push(sentence.clone());
                    let Some(id) = lineup
                        .item_of(plugin.digest())
                        .filter(|id| set.contains_key(id))
                        .cloned()
                    else {
                        self.trouble(STORE, "driver", sentence);
                        break;
                    };
                    let placed = set.remove(&id).flatten();
                    match placed {
                        // The old one works on the same device, or the plugin itself broke off: it is not the device.
                        Some(placed) if old_works || own => self.fail(&id, &placed.run, &why.code(), sentence),
                        _ => self.trouble(&id.to_string(), &why.code(), sentence),
                    }
                }
                Err(SwapError::Journal(error)) => {
                    told.push(error.to_string());
                    self.troubles.set(JOURNAL, "journal", error.to_string());
                    break;
                }
            }
        }
        told
    }

    /// It was tried in its place and failed: it runs here no more.
    fn fail(&mut self, id: &ItemId, run: &Run, code: &str, sentence: String) {
        self.ready.remove(&(id.clone(), run.counter));
        if self.runs_on(id, run.counter, &run.digest, code, &sentence) {
            return;
        }
        tracing::warn!(item = %id, counter = run.counter, code, "{sentence}");
        let reason = code.to_owned();
        self.write(&[rows::row(id, run, UpdateStep::Returned { reason })]);
        self.troubles.set(&id.to_string(), code, sentence);
    }

    fn leave_out(&mut self, set: &mut Set, misfit: Misfit) {
        let Some(Some(placed)) = set.remove(&misfit.id) else {
            return;
        };
        let Run { counter, digest, .. } = placed.run;
        self.refuse(&misfit.id, counter, &digest, misfit.code, misfit.sentence);
        if !passing::is(misfit.code) {
            self.ready.remove(&(misfit.id, counter));
        }
    }

    fn lineup_with(&self, set: &Set) -> Lineup {
        let mut lineup = self.lineup.clone();
        for (id, placed) in set {
            lineup.put(id.clone(), placed.clone());
        }
        lineup
    }

    /// The table of a line-up, with its gallery filled. What of the set cannot be on it is told.
    fn build(&self, lineup: &Lineup, set: &Set) -> Result<Table, Misfit> {
        let table = self.fitting(lineup, set)?;
        let matcher = set.keys().find(|id| id.kind == Kind::Matcher);
        if let Some(id) = matcher.filter(|_| table.search().is_there()) {
            table.search().ready().map_err(|error| Misfit {
                id: id.clone(),
                code: "gallery",
                sentence: not_used(id, set, &error),
            })?;
        }
        Ok(table)
    }

    /// The same, with a new matcher's gallery still empty.
    fn fitting(&self, lineup: &Lineup, set: &Set) -> Result<Table, Misfit> {
        let (table, faults) = self.table_of(lineup);
        for fault in faults {
            let id = lineup.item_of(fault.plugin).filter(|id| set.contains_key(id)).cloned();
            if let Unfit::Policy(error) = &fault.why {
                if let Some(misfit) = self.policy_misfit(id, error, set) {
                    return Err(misfit);
                }
            } else if let Some(id) = id {
                let sentence = not_used(&id, set, &fault.why);
                return Err(Misfit {
                    id,
                    code: "start",
                    sentence,
                });
            }
        }
        Ok(table)
    }

    fn table_of(&self, lineup: &Lineup) -> (Table, Vec<crate::table::Fault>) {
        let parts = lineup.parts(&self.base);
        Table::build(parts, self.kiosk.grounds(), Some(&self.kiosk.table()))
    }

    /// Policy and settings come in together, or one of them waits for the other: whichever can come in alone does.
    fn policy_misfit(&self, policy: Option<ItemId>, error: &PolicyError, set: &Set) -> Option<Misfit> {
        let settings = set.keys().find(|id| id.kind == Kind::Settings).cloned();
        let is_pair = matches!(error, PolicyError::Settings { .. });
        let alone = |left_out: &ItemId| {
            let mut rest = set.clone();
            rest.remove(left_out);
            let (table, _) = self.table_of(&self.lineup_with(&rest));
            table.policy().is_some()
        };
        let (id, code) = match (policy, settings) {
            (None, None) => return None,
            (Some(policy), None) => (policy, if is_pair { passing::PAIR } else { "start" }),
            (None, Some(settings)) => (settings, passing::PAIR),
            (Some(_), Some(settings)) if is_pair && alone(&settings) => (settings, passing::PAIR),
            (Some(policy), Some(_)) => (policy, if is_pair { passing::PAIR } else { "start" }),
        };
        Some(Misfit {
            sentence: not_used(&id, set, error),
            id,
            code,
        })
    }

    fn rows_of(&self, set: &Set, officers: &[String], standing: &Standing) -> Vec<Event> {
        let officers = officers.to_vec();
        let mut events = Vec::new();
        for (id, placed) in set {
            let before = self.lineup.get(id).map(|placed| placed.run);
            if let Some(placed) = placed {
                events.extend(standing_by(id, placed, standing));
                let officers = officers.clone();
                events.push(rows::row(id, &placed.run, UpdateStep::Active { officers }));
            }
            let replaced = placed.as_ref().map(|placed| placed.run.counter);
            if let Some(before) = before.filter(|before| Some(before.counter) != replaced) {
                // Officers agree to an end; what another release replaces ends with it.
                let officers = if placed.is_none() { officers.clone() } else { Vec::new() };
                events.push(rows::row(id, &before, UpdateStep::Retired { officers }));
            }
        }
        events
    }

    fn done(&mut self, set: &Set) -> Vec<String> {
        let mut told = Vec::new();
        for (id, placed) in set {
            self.troubles.clear(&id.to_string());
            let sentence = match placed {
                Some(placed) => format!("{id} {} runs", placed.run.counter),
                None => format!("{id} runs no more"),
            };
            tracing::info!("{sentence}");
            told.push(sentence);
        }
        told
    }

    /// A release has failed too often: the good one before it takes over, polls open or not (design, section 4, rule 8).
    pub fn give_back(&mut self, plugin: Digest) {
        let Some(id) = self.lineup.item_of(plugin).cloned() else {
            return;
        };
        if let Err(why) = self.go_back(&id, "repeated-faults", &[]) {
            let sentence = format!("{id} fails again and again, and is not given up: {why}");
            self.trouble(&id.to_string(), "repeated-faults", sentence);
        }
    }

    /// Officers go back to the good release before.
    ///
    /// # Errors
    /// A sentence.
    pub fn roll_back(&mut self, id: &ItemId, officers: &[String]) -> Result<Vec<String>, String> {
        if self.kiosk.updates().polls_open() && !are_two(officers) {
            return Err(TWO_OFFICERS.to_owned());
        }
        self.go_back(id, "officers", officers)
    }

    fn go_back(&mut self, id: &ItemId, reason: &str, officers: &[String]) -> Result<Vec<String>, String> {
        let standing = self.kiosk.updates();
        let runs = self.lineup.get(id).map(|placed| placed.run);
        let (Some(runs), Some(releases)) = (runs, standing.item(id)) else {
            return Err(format!(
                "{id} does not run here; `kiosk-gateway updates status` tells what does"
            ));
        };
        let Some(previous) = releases.previous().filter(|previous| previous.counter != runs.counter) else {
            return Err(format!(
                "there is no good release of {id} before {} to go back to",
                runs.counter
            ));
        };
        let placed = self.take_out_again(id, previous)?;
        let mut set = Set::from([(id.clone(), Some(placed))]);
        let mut built = self.build(&self.lineup_with(&set), &set);
        if built.as_ref().is_err_and(|misfit| misfit.code == passing::PAIR)
            && let Some((settings, placed)) = self.settings_before(&standing)
        {
            // Policy and settings came together, and go together.
            set.insert(settings, Some(placed));
            built = self.build(&self.lineup_with(&set), &set);
        }
        let table = built.map_err(|misfit| misfit.sentence)?;
        let lineup = self.lineup_with(&set);
        let returned = UpdateStep::Returned {
            reason: reason.to_owned(),
        };
        // Of the release that is gone back from, that row says all.
        let left = rows::row(id, &runs, UpdateStep::Retired { officers: Vec::new() });
        let rows = self.rows_of(&set, officers, &standing).into_iter().filter(|row| {
            let stands_by = matches!(
                row,
                Event::Update {
                    step: UpdateStep::StandingBy,
                    ..
                }
            );
            !stands_by && *row != left
        });
        let events: Vec<Event> = std::iter::once(rows::row(id, &runs, returned)).chain(rows).collect();
        match self.kiosk.swap(table, &events) {
            Ok(old) => {
                self.retiring.push(old);
                self.lineup = lineup;
                self.ready.remove(&(id.clone(), runs.counter));
                let sentence = format!("{id} {} runs again, in place of {}", previous.counter, runs.counter);
                tracing::warn!(item = %id, reason, "{sentence}");
                self.kiosk.notice(sentence.clone());
                Ok(vec![sentence])
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// A release that ran before, out of the store.
    fn take_out_again(&mut self, id: &ItemId, run: Run) -> Result<Placed, String> {
        let terms = self.depot.terms(id, &run);
        let opened = terms.and_then(|terms| {
            let ware = self.depot.take_out(id, &terms)?;
            Ok(Placed { run, terms, ware })
        });
        opened.map_err(|why| {
            let sentence = format!("{id} {} cannot be used any more: {why}", run.counter);
            self.refuse(id, run.counter, &run.digest, why.code(), sentence.clone());
            sentence
        })
    }

    /// The settings that ran before those that run.
    fn settings_before(&mut self, standing: &Standing) -> Option<(ItemId, Placed)> {
        let of_settings = |(id, _): &(&ItemId, &Releases)| id.kind == Kind::Settings;
        let (id, releases) = standing.items().find(of_settings)?;
        let placed = self.take_out_again(id, releases.previous()?).ok()?;
        Some((id.clone(), placed))
    }

    /// Tables on which no call runs any more go, with their galleries: here, not on the thread of a check-in.
    pub fn let_go(&mut self) {
        self.retiring.retain(|table| Arc::strong_count(table) > 1);
    }

    /// Keeps the files of what runs, of the good release before, and of what is made ready; nothing else.
    fn prune(&mut self) {
        let standing = self.kiosk.updates();
        let mut files = BTreeSet::new();
        let mut components = BTreeSet::new();
        let kept = standing
            .items()
            .flat_map(|(_, releases)| releases.active().into_iter().chain(releases.previous()));
        for run in kept.chain(self.ready.values().map(|placed| placed.run)) {
            files.extend([run.digest, run.plan]);
            components.insert(plugin_digest(&run.digest));
        }
        let vectors = self.ready.values().filter_map(|placed| placed.terms.vectors.as_ref());
        files.extend(vectors.filter_map(|file| file.sha256.parse::<Sha256>().ok()));
        if let Some(offer) = &self.offer {
            files.insert(offer.plan_file);
            files.extend(offer.emergency_file);
        }
        if let Err(refusal) = self.depot.artifacts.prune(&files) {
            self.trouble(STORE, refusal.code(), refusal.to_string());
        } else {
            self.troubles.clear(STORE);
        }
        if let Some(cache) = self.depot.runtime.workshop().cache()
            && let Err(cause) = cache.prune(&components)
        {
            tracing::warn!("compiled code that nobody needs could not be removed: {cause}");
        }
    }
}

/// Is it made for others of these kinds?
fn is_joined(id: &ItemId) -> bool {
    matches!(id.kind, Kind::Policy | Kind::Matcher | Kind::Settings)
}

fn not_used(id: &ItemId, set: &Set, why: &dyn std::fmt::Display) -> String {
    let counter = set.get(id).and_then(Option::as_ref).map(|placed| placed.run.counter);
    match counter {
        Some(counter) => format!("{id} {counter} is not used: {why}"),
        None => format!("{id} is not used: {why}"),
    }
}

/// What officers are told whose names are missing.
pub const TWO_OFFICERS: &str =
    "the polls are open, so two commission members must give their names, and the names must differ; enter both";

/// The row that a release can become active now, where the journal does not say so yet.
fn standing_by(id: &ItemId, placed: &Placed, standing: &Standing) -> Option<Event> {
    let known = standing
        .item(id)
        .and_then(|releases| releases.known(placed.run.counter));
    let stands = known.is_some_and(|known| known.digest == placed.run.digest && known.stage == Some(Stage::StandingBy));
    (!stands).then(|| rows::row(id, &placed.run, UpdateStep::StandingBy))
}

/// When this program was built, as far as it knows.
fn built() -> Timestamp {
    let seconds = BUILT.and_then(|text| text.parse().ok()).unwrap_or(YEAR_OF_THIS_VERSION);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
