// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The ring behind each transmit queue of rust_netpair_sample: one puts in, one takes out.
//!
//! The producer is the sender's transmit function. The kernel calls it with the transmit queue's
//! lock held and bottom halves off, so there is one at a time. The consumer is the NAPI poll of the
//! receiver. In C, the transmit queue's lock is also what keeps the producer's side; here each side
//! has a lock that has it inside. The producer's is never waited for, but by who changes the ring.
//!
//! Order of locks: the consumer's, the transmit queue's, the producer's.
//!
//! C version: modules/net/netpair_ring.h

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            ordering::{
                Acquire,
                Release, //
            },
            Atomic, //
        },
        Arc,
        SpinLock, //
    }, //
};

use super::{
    bh::BhGuard,
    frame_list::FrameList,
    napi::PollContext,
    netpair_count::TxCounters,
    netpair_slots::{
        Side,
        Slots, //
    },
    skbuff::SkBuff,
    tx_queue::{
        TxQueue,
        XmitQueue, //
    }, //
};

struct Producer {
    side: Side,
    /// Frames that were taken out, when it last looked: it does so only when the ring seems to be
    /// full.
    taken: u64,
    /// Somebody takes out. Closed, a ring stays empty.
    open: bool,
}

struct Consumer {
    side: Side,
    /// The transmit queue before the ring, while its device is up.
    queue: Option<TxQueue>,
    /// It takes nothing.
    stalled: bool,
}

#[pin_data]
pub(crate) struct Ring {
    #[pin]
    producer: SpinLock<Producer>,
    #[pin]
    consumer: SpinLock<Consumer>,
    /// Frames that were put in, and taken out.
    head: Atomic<u64>,
    tail: Atomic<u64>,
    pub(crate) count: TxCounters,
}

/// What came of a frame that was to be put in.
pub(crate) enum Put {
    /// The consumer is to be told, or not yet, as more frames follow at once.
    Done(bool),
    Dropped,
    /// There is no room, and the queue is stopped.
    Full(SkBuff),
}

impl Ring {
    pub(crate) fn new(slots: Arc<Slots>) -> impl PinInit<Self> {
        let producer = Producer {
            side: Side::new(slots.clone()),
            taken: 0,
            open: false,
        };
        let consumer = Consumer {
            side: Side::new(slots),
            queue: None,
            stalled: false,
        };

        pin_init!(Self {
            producer <- new_spinlock!(producer, "netpair_producer"),
            consumer <- new_spinlock!(consumer, "netpair_consumer"),
            head: Atomic::new(0),
            tail: Atomic::new(0),
            count: TxCounters::new(),
        })
    }

    /// Puts a frame in. From then on it is the consumer's, which may have freed it already.
    ///
    /// Byte queue limits hear of the frame before the consumer can see it: they must not be told of
    /// bytes that are done before they have been sent.
    ///
    /// Acquire, as the producer must not think of a slot as free before the consumer has emptied
    /// it; release: who sees the new head also sees what is in the slot.
    pub(crate) fn put(&self, mut frame: SkBuff, queue: &mut XmitQueue<'_>) -> Put {
        let mut producer = self.producer.lock();
        let Producer { side, taken, open } = &mut *producer;
        let size = side.size();

        if !*open {
            drop(producer);
            self.count.dropped.add(1);
            return Put::Dropped;
        }
        let mut used = side.passed().wrapping_sub(*taken);
        if used.wrapping_add(1) >= size {
            *taken = self.tail.load(Acquire);
            used = side.passed().wrapping_sub(*taken);
        }
        if used >= size {
            // Who stops the queue when it is full may see it started by somebody else. Not by us.
            if queue.stop_unless(|| self.tail.load(Acquire) != *taken) {
                return Put::Full(frame);
            }
            *taken = self.tail.load(Acquire);
            used = side.passed().wrapping_sub(*taken);
        }
        let mut tell = queue.sent(&mut frame);
        side.put(frame);
        self.head.store(side.passed(), Release);

        if used.wrapping_add(1) >= size {
            self.count.stopped.add_alone(1);
            // A quarter: woken for each free slot, the queue would stop at once.
            queue.stop_unless(|| {
                let used = side.passed().wrapping_sub(self.tail.load(Acquire));
                has_room(used, size)
            });
            tell = true;
        }
        Put::Done(tell)
    }

    /// Moves up to `limit` frames to the list; how many, their bytes, and how many remain.
    fn take(&self, side: &mut Side, to: &mut FrameList, limit: u32) -> (u32, u32, u64) {
        let head = self.head.load(Acquire);
        let (mut taken, mut bytes) = (0_u32, 0_u32);

        while side.passed() != head && taken < limit {
            if let Some(frame) = side.take() {
                bytes = bytes.wrapping_add(frame.len());
                to.push(frame);
            }
            taken = taken.wrapping_add(1);
        }
        self.tail.store(side.passed(), Release);
        (taken, bytes, head.wrapping_sub(side.passed()))
    }

    /// Takes frames out, for the NAPI poll. In a real device this is the interrupt that says
    /// "sent", and the transmission is complete: byte queue limits learn how much, and a queue that
    /// was stopped is woken when a quarter is free. Counted now, as whoever gets a frame may ask at
    /// once.
    ///
    /// How many, and whether they come from the same namespace. Of a sender that went down
    /// meanwhile nobody knows that any more: then it is another.
    pub(crate) fn poll(&self, context: &PollContext<'_>, to: &mut FrameList) -> (u32, bool) {
        let mut consumer = self.consumer.lock();
        let Consumer {
            side,
            queue,
            stalled,
        } = &mut *consumer;

        if *stalled {
            return (0, false);
        }
        let (taken, bytes, left) = self.take(side, to, context.budget());
        if taken == 0 {
            return (0, false);
        }
        self.count.packets.add_alone(u64::from(taken));
        self.count.bytes.add_alone(u64::from(bytes));
        let room = has_room(left, side.size());
        match queue {
            Some(queue) => {
                queue.completed(taken, bytes, room);
                (taken, context.is_local(queue))
            }
            None => (taken, false),
        }
    }

    /// Drops all frames. Byte queue limits begin anew: they would wait for bytes that nobody
    /// completes. The frames are freed without the locks, as that runs the destructors of their
    /// owners.
    pub(crate) fn clear(&self) {
        let mut dropped = FrameList::new();
        let _bh = BhGuard::new();
        let mut consumer = self.consumer.lock();

        self.empty(&mut consumer, &mut dropped);
        if let Some(queue) = &mut consumer.queue {
            queue.reset();
        }
        drop(consumer);
    }

    fn empty(&self, consumer: &mut Consumer, to: &mut FrameList) {
        let (dropped, ..) = self.take(&mut consumer.side, to, u32::MAX);
        self.count.dropped.add(u64::from(dropped));
    }

    /// A queue that hung.
    pub(crate) fn time_out(&self) {
        self.count.timeouts.add(1);
        self.clear();
    }

    /// Closed, a ring stays empty: what is sent is dropped at once.
    pub(crate) fn set_open(&self, open: bool) {
        {
            let _bh = BhGuard::new();
            self.producer.lock().open = open;
        }
        if !open {
            self.clear();
        }
    }

    /// The device before the ring goes up.
    pub(crate) fn attach(&self, mut queue: TxQueue) {
        let _bh = BhGuard::new();
        let mut consumer = self.consumer.lock();

        queue.reset();
        consumer.queue = Some(queue);
    }

    /// It goes down. What is in the ring still arrives.
    pub(crate) fn detach(&self) -> Option<TxQueue> {
        let _bh = BhGuard::new();
        let queue = self.consumer.lock().queue.take();
        queue
    }

    /// Gives a ring other slots; the old ones are the caller's.
    pub(crate) fn resize(&self, slots: Arc<Slots>) -> Arc<Slots> {
        let mut dropped = FrameList::new();
        let _bh = BhGuard::new();
        let mut consumer = self.consumer.lock();
        let mut producer = self.producer.lock();

        self.empty(&mut consumer, &mut dropped);
        drop(producer.side.set_slots(slots.clone()));
        let old = consumer.side.set_slots(slots);
        drop(producer);
        if let Some(queue) = &mut consumer.queue {
            queue.reset();
        }
        drop(consumer);
        old
    }

    pub(crate) fn size(&self) -> u32 {
        let _bh = BhGuard::new();
        let size = self.producer.lock().side.size();
        // CAST: At most NETPAIR_SAMPLE_RING_MAX.
        size as u32
    }

    pub(crate) fn set_stalled(&self, stalled: bool) {
        let _bh = BhGuard::new();
        self.consumer.lock().stalled = stalled;
    }

    pub(crate) fn is_stalled(&self) -> bool {
        let _bh = BhGuard::new();
        let stalled = self.consumer.lock().stalled;
        stalled
    }
}

fn has_room(used: u64, size: u64) -> bool {
    size.saturating_sub(used) >= size / 4
}
