// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What ethtool(8) sees and sets of an end of rust_netpair_sample.
//!
//! The kernel holds RTNL around all of this, so that both ends stay as they are; and it has
//! compared numbers with the maxima that we report.
//!
//! C version: modules/net/netpair_ethtool.h

use kernel::{
    prelude::*,
    sync::{
        atomic::ordering::Relaxed,
        Arc, //
    }, //
};

use super::{
    ethtool::{
        self,
        Ethtool,
        LinkSettings,
        Names,
        Rings,
        Values, //
    },
    napi::synchronize_net,
    netdev::{
        Device,
        Rtnl, //
    },
    netlink::ExtAck,
    netpair_contract::*,
    netpair_poll::Half,
    netpair_slots::Slots,
    rtnl_pair::Peer,
    NetpairEnd, //
};

fn ring_size(half: &Half) -> u32 {
    half.rings.first().map_or(0, |ring| ring.size())
}

/// The slots of all rings of an end; none when they have that size.
fn new_slots(half: &Half, size: u32) -> Result<KVec<Arc<Slots>>> {
    let mut all = KVec::with_capacity(half.rings.len(), GFP_KERNEL)?;
    if size == ring_size(half) {
        return Ok(all);
    }
    for _ in &half.rings {
        all.push(Slots::new(size)?, GFP_KERNEL)?;
    }
    Ok(all)
}

fn set_slots(half: &Half, all: KVec<Arc<Slots>>) {
    for (ring, slots) in half.rings.iter().zip(all) {
        drop(ring.resize(slots));
    }
}

fn channels(half: &Half) -> u32 {
    half.config.channels.load(Relaxed)
}

#[vtable]
impl Ethtool for NetpairEnd {
    const DRIVER: &'static CStr = c"rust_netpair_sample";
    const BUS: &'static CStr = c"virtual";
    /// Those of the queues in use.
    const CHANNEL_STATISTICS: usize = NETPAIR_SAMPLE_TX_STATS.len() + NETPAIR_SAMPLE_RX_STATS.len();
    const PRIVATE_FLAGS: &'static [&'static CStr] = &[NETPAIR_SAMPLE_STALL];

    fn link_settings(_device: &Device<Self>) -> LinkSettings {
        LinkSettings {
            speed: ethtool::SPEED_10000,
            port: ethtool::PORT_OTHER,
        }
    }

    fn rings(device: &Device<Self>) -> Rings {
        let end = device.data();

        Rings {
            tx: ring_size(&end.me),
            rx: ring_size(&end.other),
            tx_max: NETPAIR_SAMPLE_RING_MAX,
            rx_max: NETPAIR_SAMPLE_RING_MAX,
        }
    }

    /// All memory first: then nothing fails halfway. Frames are dropped meanwhile.
    fn set_rings(device: &Device<Self>, rings: &Rings, extack: &mut ExtAck<'_>) -> Result {
        let end = device.data();

        if rings.tx.min(rings.rx) < NETPAIR_SAMPLE_RING_MIN {
            return Err(extack.error(EINVAL, c"a ring has too few descriptors", None));
        }
        let tx = new_slots(&end.me, rings.tx)?;
        let rx = new_slots(&end.other, rings.rx)?;
        set_slots(&end.me, tx);
        set_slots(&end.other, rx);
        Ok(())
    }

    fn channels(device: &Device<Self>) -> (u32, u32) {
        let me = &device.data().me;
        // CAST: At most NETPAIR_SAMPLE_QUEUES_MAX.
        (channels(me), me.rings.len() as u32)
    }

    /// All queues are always polled, so this only tells the kernel which to send by. Frames must
    /// not name a receive queue that the kernel does not know any more: before the number falls,
    /// wait until no poll goes by the old one.
    ///
    /// More queues need memory, and may fail at either end; fewer do not, so going back does not
    /// fail.
    fn set_channels(device: &Device<Self>, count: u32, rtnl: &Rtnl) -> Result {
        let end = device.data();
        let peer = Peer::of(device).ok_or(ENODEV)?;
        let before = channels(&end.me);

        if count < before {
            end.note_channels(count);
            synchronize_net();
        }
        device.set_real_num_queues(count, rtnl)?;
        if let Err(error) = peer.set_real_num_queues(count, rtnl) {
            let _ = device.set_real_num_queues(before, rtnl);
            return Err(error);
        }
        end.note_channels(count);
        Ok(())
    }

    fn copybreak(device: &Device<Self>) -> u32 {
        device.data().me.config.copybreak.load(Relaxed)
    }

    fn set_copybreak(device: &Device<Self>, bytes: u32) -> Result {
        if bytes > NETPAIR_SAMPLE_COPYBREAK_MAX {
            return Err(EINVAL);
        }
        device.data().me.config.copybreak.store(bytes, Relaxed);
        Ok(())
    }

    fn private_flags(device: &Device<Self>) -> u32 {
        let stalled = device.data().me.rings.first();
        u32::from(stalled.is_some_and(|ring| ring.is_stalled()))
    }

    fn set_private_flags(device: &Device<Self>, flags: u32) -> Result {
        let end = device.data();

        end.me.set_stalled(&end.other, flags & 1 != 0);
        Ok(())
    }

    fn statistics_names(device: &Device<Self>, to: &mut Names<'_>) {
        for queue in 0..channels(&device.data().me) {
            for name in NETPAIR_SAMPLE_TX_STATS {
                to.push(fmt!("tx_{queue}_{name}"));
            }
            for name in NETPAIR_SAMPLE_RX_STATS {
                to.push(fmt!("rx_{queue}_{name}"));
            }
        }
    }

    fn statistics(device: &Device<Self>, to: &mut Values<'_>) {
        let me = &device.data().me;

        for (ring, receiver) in me.rings.iter().zip(&me.receivers) {
            let (tx, rx) = (&ring.count, &receiver.count);
            for one in [
                &tx.packets,
                &tx.bytes,
                &tx.dropped,
                &tx.stopped,
                &tx.timeouts,
                &rx.packets,
                &rx.bytes,
                &rx.no_memory,
                &rx.xdp,
            ] {
                to.push(one.get());
            }
        }
    }
}
