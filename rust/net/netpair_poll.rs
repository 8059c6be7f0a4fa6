// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! An end of a pair, and how it receives: by NAPI.
//!
//! A network card raises an interrupt for a frame, and then none until its driver has polled all
//! there is. Here the sender stands for the interrupt: it schedules the NAPI of the queue at the
//! other end, which the kernel then polls in a softirq on that CPU, for up to a budget of frames at
//! a time. While a poll is due, scheduling it again costs one atomic operation; and what comes
//! while it ends makes it run once more. So no frame stays behind.
//!
//! C version: modules/net/netpair_poll.h

use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            ordering::Relaxed,
            Atomic, //
        },
        Arc,
        Mutex, //
    }, //
};

use super::{
    bh::BhGuard,
    frame_list::FrameList,
    napi::{
        Enabled,
        Napi,
        Poll,
        PollContext, //
    },
    netdev::Device,
    netpair_contract::*,
    netpair_count::RxCounters,
    netpair_ring::Ring,
    netpair_slots::Slots,
    skbuff::SkBuff,
    tx_queue::TxQueue,
    xdp::Program,
    NetpairEnd, //
};

/// What is set for an end, and its polls go by.
pub(crate) struct Config {
    pub(crate) copybreak: Atomic<u32>,
    /// Of both ends the same.
    pub(crate) channels: Atomic<u32>,
    pub(crate) xdp: Program,
}

/// A receive queue: it takes from a ring of the other end.
pub(crate) struct Receiver {
    index: u16,
    from: Arc<Ring>,
    config: Arc<Config>,
    pub(crate) count: RxCounters,
}

impl Receiver {
    /// A small frame may get memory of our own, so that what lies in a receive queue does not hold
    /// a large buffer.
    fn own(&self, frame: SkBuff) -> Result<SkBuff> {
        if frame.len() > self.config.copybreak.load(Relaxed) || frame.is_gso() {
            return Ok(frame);
        }
        let mine = frame.try_copy()?;
        frame.consume();
        Ok(mine)
    }

    /// Counted before it is given away, as whoever gets it may ask at once. A frame that is too
    /// long, the kernel has counted.
    ///
    /// Frames must not name a receive queue that the kernel does not know any more.
    fn receive(&self, context: &mut PollContext<'_>, frame: SkBuff, local: bool) {
        let bytes = u64::from(frame.len());
        let in_use = u32::from(self.index) < self.config.channels.load(Relaxed);
        let queue = in_use.then_some(self.index);
        let received = self
            .own(frame)
            .and_then(|frame| context.receive(frame, local, queue));

        match received {
            Ok(frame) => {
                self.count.packets.add_alone(1);
                self.count.bytes.add_alone(bytes);
                match self.config.xdp.run(frame) {
                    Some(frame) => context.deliver(frame),
                    None => self.count.xdp.add_alone(1),
                }
            }
            Err(error) if error == ENOMEM => self.count.no_memory.add_alone(1),
            Err(_) => {}
        }
    }
}

impl Poll for Receiver {
    /// First all frames are taken out, then they go on: nothing of ours is locked while the network
    /// stack has them, which may send an answer by the very device.
    fn poll(&self, context: &mut PollContext<'_>) -> bool {
        let mut frames = FrameList::new();
        let (taken, local) = self.from.poll(context, &mut frames);

        while let Some(frame) = frames.pop() {
            self.receive(context, frame, local);
        }
        taken >= context.budget()
    }
}

/// What both ends have of one: the rings that it sends by, and the NAPIs that it receives by.
///
/// The other end's private data refer to it, too, so that whatever becomes of the device, a frame
/// that is put in or a NAPI that is scheduled is not too late. What of it needs the device is only
/// there between open and stop: the queues in the rings, and `running`.
#[pin_data]
pub(crate) struct Half {
    pub(crate) rings: KVec<Arc<Ring>>,
    pub(crate) receivers: KVec<Arc<Napi<Receiver>>>,
    pub(crate) config: Arc<Config>,
    pub(crate) up: Atomic<bool>,
    #[pin]
    running: Mutex<Option<Enabled<Receiver>>>,
}

/// The rings of an end. All have slots of their own.
pub(crate) fn new_rings(queues: u16) -> Result<KVec<Arc<Ring>>> {
    let mut rings = KVec::new();
    for _ in 0..queues {
        let slots = Slots::new(NETPAIR_SAMPLE_RING_DEFAULT)?;
        rings.push(Arc::pin_init(Ring::new(slots), GFP_KERNEL)?, GFP_KERNEL)?;
    }
    Ok(rings)
}

impl Half {
    /// `from`: the rings of the other end.
    pub(crate) fn new(rings: &[Arc<Ring>], from: &[Arc<Ring>]) -> Result<Arc<Self>> {
        let config = Arc::new(
            Config {
                copybreak: Atomic::new(0),
                channels: Atomic::new(1),
                xdp: Program::none(),
            },
            GFP_KERNEL,
        )?;
        let mut own = KVec::new();
        let mut receivers = KVec::new();

        for ring in rings {
            own.push(ring.clone(), GFP_KERNEL)?;
        }
        for (index, ring) in (0_u16..).zip(from) {
            let receiver = Receiver {
                index,
                from: ring.clone(),
                config: config.clone(),
                count: RxCounters::new(),
            };
            receivers.push(Arc::pin_init(Napi::new(receiver), GFP_KERNEL)?, GFP_KERNEL)?;
        }
        Arc::pin_init(
            pin_init!(Self {
                rings: own,
                receivers,
                config,
                up: Atomic::new(false),
                running <- new_mutex!(None),
            }),
            GFP_KERNEL,
        )
    }

    /// Polls of what the other end sends by the queue. Nothing when this end is down.
    pub(crate) fn kick(&self, queue: u16) {
        if let Some(receiver) = self.receivers.get(usize::from(queue)) {
            receiver.schedule();
        }
    }

    /// This end goes up: its transmit queues are woken by the other one, and it polls. All queues,
    /// not only those in use: so a change of their number is nothing to polls.
    pub(crate) fn start(&self, device: &Device<NetpairEnd>) -> Result {
        let mut queues = KVec::new();

        for (index, _) in (0_u16..).zip(&self.rings) {
            queues.push(TxQueue::claim(device, index)?, GFP_KERNEL)?;
        }
        *self.running.lock() = Some(Enabled::new(device, self.receivers.iter())?);
        for (ring, queue) in self.rings.iter().zip(queues) {
            ring.attach(queue);
        }
        for receiver in &self.receivers {
            receiver.from.set_open(true);
        }
        self.up.store(true, Relaxed);
        Ok(())
    }

    /// It goes down. First nothing more comes in, and what the other end has sent is dropped; then
    /// the polls end.
    pub(crate) fn stop(&self) {
        self.up.store(false, Relaxed);
        for receiver in &self.receivers {
            receiver.from.set_open(false);
        }
        let running = self.running.lock().take();
        drop(running);
        for ring in &self.rings {
            drop(ring.detach());
        }
    }

    /// Sets whether the other end takes from the first ring. A poll that met the stall has ended,
    /// and nothing starts it again but this, or the next frame. A NAPI is scheduled with bottom
    /// halves off: it is these that run it, when they are on again.
    pub(crate) fn set_stalled(&self, other: &Half, stalled: bool) {
        if let Some(ring) = self.rings.first() {
            ring.set_stalled(stalled);
        }
        let _bh = BhGuard::new();
        other.kick(0);
    }
}
