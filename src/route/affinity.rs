//! Which node a caller is spread to. Pure.

/// Rendezvous hashing: the node with the smallest number is the caller's. When a node comes or goes
/// only its own callers move.
pub(super) fn affinity(caller: u64, node: &str) -> u64 {
    const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const FNV_PRIME: u64 = 0x0100_0000_01b3;
    let mut hash = FNV_OFFSET;
    for byte in node.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
    }
    mix(hash ^ mix(caller))
}

/// The finalizer of `SplitMix64`: each bit of the result depends on each of `number`.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
