//! A running driver of any kind of device: one plugin instance that holds its claimed interfaces and one open device.

use crate::actor::{Actor, After};
use crate::bindings::base::kiosk::driver::faults;
use crate::claimed::Claimed;
use crate::clock::Control;
use crate::driver::{DriverError, OPEN, Start, hand_over, reported, runtime_error, start_record};
use crate::error::PluginError;
use crate::guest::{self, Guest, Span, call};
use crate::limits::{DRIVER_MEMORY, GUEST_TIME};
use crate::listener::{Listener, Stage};
use crate::plugin::{LoadError, Plugin};
use devices::transfer::ClaimedInterface;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::{Component, Linker, Resource, ResourceAny};

/// A kind of device: its contract, and how that is instantiated and opened.
pub(crate) trait Kind: 'static {
    /// What a plugin for this kind is made for.
    const CONTRACT: &'static str;
    /// What `bindgen!` made of the contract.
    type Bindings: 'static;

    fn linker(plugin: &Plugin) -> wasmtime::Result<Linker<Guest>>;

    /// Whether a component that is linked so far exports what the contract asks.
    fn check(plugin: &Plugin, linker: &Linker<Guest>) -> wasmtime::Result<()>;

    fn instantiate(
        store: &mut Store<Guest>,
        component: &Component,
        linker: &Linker<Guest>,
    ) -> wasmtime::Result<Self::Bindings>;

    fn open(
        bindings: &Self::Bindings,
        store: &mut Store<Guest>,
        interfaces: &[Resource<Claimed>],
        start: &faults::Start,
    ) -> wasmtime::Result<Result<ResourceAny, faults::Fault>>;
}

/// Checks that a plugin can be such a device's driver, without a device.
pub(crate) fn fits<K: Kind>(plugin: &Plugin) -> Result<(), LoadError> {
    plugin.require(K::CONTRACT)?;
    let linker = K::linker(plugin).map_err(|cause| plugin.shape(&cause))?;
    K::check(plugin, &linker).map_err(|cause| plugin.shape(&cause))
}

/// Makes an instance and drops it: what can be tried of a driver without a device.
pub(crate) fn starts<K: Kind>(plugin: &Plugin) -> Result<(), DriverError> {
    let (name, control) = (plugin.name(), Arc::default());
    let mut store = guest::store(&plugin.engine, DRIVER_MEMORY, &plugin.log);
    instantiate::<K>(&mut store, plugin, name, &control).map(drop)
}

fn instantiate<K: Kind>(
    store: &mut Store<Guest>,
    plugin: &Plugin,
    name: &str,
    control: &Arc<Control>,
) -> Result<K::Bindings, DriverError> {
    let linker = K::linker(plugin).map_err(|cause| runtime_error(name, &cause))?;
    let bindings = call(store, name, opening("start"), control, |store| {
        K::instantiate(store, &plugin.component, &linker)
    })?;
    Ok(bindings)
}

fn opening(during: &'static str) -> Span {
    Span {
        during,
        timeout: OPEN,
        spin: GUEST_TIME,
    }
}

/// A started instance on its own thread.
pub(crate) struct Instance<K: Kind> {
    pub(crate) store: Store<Guest>,
    bindings: K::Bindings,
    device: ResourceAny,
    pub(crate) plugin: String,
    control: Arc<Control>,
}

/// Starts the driver on its interfaces, in the order of its manifest, and opens the device.
pub(crate) fn start<K: Kind>(
    plugin: &Plugin,
    interfaces: Vec<Box<dyn ClaimedInterface>>,
    start: Start,
) -> Result<Actor<Instance<K>>, DriverError> {
    let control = Arc::new(Control::with(interfaces.iter().map(|one| one.canceller()).collect()));
    let (plugin, own) = (plugin.clone(), Arc::clone(&control));
    let name = plugin.name().to_owned();
    Actor::start(&name, control, move || {
        Instance::start(&plugin, interfaces, &start, own)
    })
}

impl<K: Kind> Instance<K> {
    fn start(
        plugin: &Plugin,
        interfaces: Vec<Box<dyn ClaimedInterface>>,
        start: &Start,
        control: Arc<Control>,
    ) -> Result<Self, DriverError> {
        let name = plugin.name().to_owned();
        let mut store = guest::store(&plugin.engine, DRIVER_MEMORY, &plugin.log);
        let bindings = instantiate::<K>(&mut store, plugin, &name, &control)?;
        let device = call(&mut store, &name, opening("open"), &control, |store| {
            let handles = hand_over(store, plugin, interfaces)?;
            K::open(&bindings, store, &handles, &start_record(start))
        })?
        .map_err(|fault| reported(fault, store.data()))?;
        Ok(Self {
            store,
            bindings,
            device,
            plugin: name,
            control,
        })
    }

    /// One call into the driver under its limits. After an error the instance must not be called again.
    pub(crate) fn call<T>(
        &mut self,
        during: &'static str,
        timeout: Duration,
        run: impl FnOnce(&mut Store<Guest>, &K::Bindings, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, PluginError> {
        let span = Span {
            during,
            timeout,
            spin: GUEST_TIME,
        };
        let (bindings, device) = (&self.bindings, self.device);
        call(&mut self.store, &self.plugin, span, &self.control, |store| {
            run(store, bindings, device)
        })
    }

    /// A call that the driver may answer with a fault, after which it is ready for the next.
    pub(crate) fn ask<T>(
        &mut self,
        during: &'static str,
        timeout: Duration,
        run: impl FnOnce(&mut Store<Guest>, &K::Bindings, ResourceAny) -> wasmtime::Result<Result<T, faults::Fault>>,
    ) -> (Result<T, DriverError>, After) {
        match self.call(during, timeout, run) {
            Ok(Ok(value)) => (Ok(value), After::Goes),
            Ok(Err(fault)) => (Err(reported(fault, self.store.data()).into()), After::Goes),
            Err(error) => (Err(error.into()), After::Ends),
        }
    }

    /// As [`Self::ask`], with a listener lent for the call, and the call's time-out in milliseconds.
    pub(crate) fn ask_heard<T>(
        &mut self,
        during: &'static str,
        timeout: Duration,
        tell: Box<dyn FnMut(Stage) + Send>,
        run: impl FnOnce(
            &mut Store<Guest>,
            &K::Bindings,
            ResourceAny,
            u32,
            Resource<Listener>,
        ) -> wasmtime::Result<Result<T, faults::Fault>>,
    ) -> (Result<T, DriverError>, After) {
        self.ask(during, timeout, |store, bindings, device| {
            let listener = store.data_mut().table.push(Listener::new(tell))?;
            let lent = Resource::new_borrow(listener.rep());
            let ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
            let answer = run(store, bindings, device, ms, lent)?;
            store.data_mut().table.delete(listener)?;
            Ok(answer)
        })
    }
}
