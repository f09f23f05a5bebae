//! All stations at once: so many at a time, each until it has what is new.

use crate::Outcome;
use crate::access_log::Traffic;
use crate::nginx::Nginx;
use crate::station::{Server, Station};
use crate::wire;
use jiff::Timestamp;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Stations that fetch at the same moment: more make the clients on this machine wait for each other, not for the server.
const AT_ONCE: usize = 64;

/// What a change cost.
#[derive(Clone, Debug)]
pub struct Cost {
    /// what was done
    pub name: &'static str,
    /// stations that took it
    pub stations: u64,
    /// files that each fetched beside metadata and plan
    pub files: u32,
    /// of all of them
    pub traffic: Traffic,
    /// on the wire, with TLS, TCP and IP, both ways; none where it could not be counted
    pub wire: Option<u64>,
    /// until the last one had it
    pub time: Duration,
    /// the slowest station of a hundred
    pub slowest: Duration,
    /// the server's processor time
    pub server: Duration,
}

/// Lets every station look once.
///
/// # Errors
/// The first refusal of any station, or stations that fetched different things.
pub(crate) fn look(
    name: &'static str,
    stations: &[Station],
    (nginx, server): (&Nginx, &Server),
    now: Timestamp,
    alone: bool,
) -> Outcome<Cost> {
    let carried = || if alone { wire::carried().map(Some) } else { Ok(None) };
    let carried_before = carried()?;
    let answered = nginx.traffic()?;
    let before = nginx.processor_time()?;
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Outcome<(u32, Duration)>>> = Mutex::default();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(stations.len()) {
            scope.spawn(|| {
                while let Some(station) = stations.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let began = Instant::now();
                    let looked = station.look(server, now).map(|files| (files, began.elapsed()));
                    let files = looked.and_then(|looked| station.share().map(|()| looked));
                    done.lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push(files);
                }
            });
        }
    });
    let time = started.elapsed();
    let done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut looks = done.into_iter().collect::<Outcome<Vec<(u32, Duration)>>>()?;
    looks.sort_by_key(|(_, took)| *took);
    let files = looks.first().map_or(0, |(files, _)| *files);
    if looks.iter().any(|(other, _)| *other != files) {
        return Err(format!("{name}: some stations fetched {files} files, others did not").into());
    }
    let slowest = looks.get(looks.len() * 99 / 100).map_or(time, |(_, took)| *took);
    let traffic = nginx.traffic()? - answered;
    Ok(Cost {
        name,
        stations: u64::try_from(stations.len())?,
        files,
        traffic,
        wire: carried()?.zip(carried_before).map(|(after, before)| after - before),
        time,
        slowest,
        server: nginx.processor_time()?.saturating_sub(before),
    })
}
