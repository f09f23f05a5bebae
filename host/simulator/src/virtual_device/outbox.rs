//! What a device has to send, unasked: packets wait in it until the host reads.

use super::bell::{Bell, locked};
use super::device::{Answer, Misbehaviour};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Packets of one IN endpoint, oldest first. A handle, cloned freely.
#[derive(Clone)]
pub(super) struct Outbox {
    bell: Bell,
    /// wMaxPacketSize in bytes
    packet: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    misbehaviour: Misbehaviour,
    packets: VecDeque<Vec<u8>>,
    /// with so many left, the device is half-way through what was presented last
    half: usize,
}

impl Outbox {
    pub(super) fn new(bell: Bell, packet: usize) -> Self {
        Self {
            bell,
            packet,
            state: Arc::default(),
        }
    }

    /// How many packets wait.
    pub(super) fn len(&self) -> usize {
        locked(&self.state).packets.len()
    }

    pub(super) fn misbehave(&self, misbehaviour: Misbehaviour) {
        locked(&self.state).misbehaviour = misbehaviour;
        self.bell.ring();
    }

    pub(super) fn is_silent(&self) -> bool {
        locked(&self.state).misbehaviour == Misbehaviour::Silent
    }

    /// What waited is lost without power.
    pub(super) fn clear(&self) {
        locked(&self.state).packets.clear();
    }

    /// Puts packets in after this delay.
    pub(super) fn put(&self, packets: Vec<Vec<u8>>, delay: Duration) {
        let outbox = self.clone();
        let put = move || {
            {
                let mut state = locked(&outbox.state);
                state.half = packets.len() / 2;
                state.packets.extend(packets);
            }
            outbox.bell.ring();
        };
        if delay.is_zero() {
            put();
        } else {
            std::thread::spawn(move || {
                std::thread::sleep(delay);
                put();
            });
        }
    }

    /// What a read of this length gets: a transfer ends with a packet that is not full, or when its buffer is (USB 2.0,
    /// section 5.8.3).
    pub(super) fn read(&self, length: u32) -> Answer {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mut state = locked(&self.state);
        if state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        let (mut packets, mut bytes) = (0, 0);
        for packet in &state.packets {
            packets += 1;
            bytes += packet.len();
            if packet.len() < self.packet || bytes >= length {
                if state.packets.len() <= state.half && state.misbehaviour.take_pull() {
                    return Answer::Gone;
                }
                return Answer::Done(state.packets.drain(..packets).flatten().collect());
            }
        }
        Answer::Pending
    }
}
