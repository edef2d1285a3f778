//! What a request costs, and whose buckets it is taken from. Pure.

use smallvec::SmallVec;

use super::bucket::{Rate, Shortage};

/// Whose buckets they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The client's address; of IPv6 its /64.
    Address,
    /// The user, be it by name or by the credentials it shows.
    User,
    /// One method of one caller: its user, else its address.
    Method,
}

impl Layer {
    /// Every layer, outermost first.
    pub const ALL: [Self; 3] = [Self::Address, Self::User, Self::Method];

    /// The label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::User => "user",
            Self::Method => "method",
        }
    }
}

/// A caller in a table: a hash with a secret of this run, so that nobody can aim at another's
/// bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BucketKey(pub(super) u64);

impl BucketKey {
    /// What distinguishes it from others: a hash with a secret of this run.
    #[must_use]
    pub fn hash(self) -> u64 {
        self.0
    }
}

/// A limited method, by a number that stays its own across reloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodTag(pub(super) u16);

/// What a request would cost one method's bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodCharge {
    /// The method.
    pub method: MethodTag,
    /// Its rate.
    pub rate: Rate,
    /// How often it is called.
    pub calls: u32,
}

/// What a request would cost.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The client's address.
    pub address: (BucketKey, Rate),
    /// The user, if there is one.
    pub user: Option<(BucketKey, Rate)>,
    /// Calls in the request.
    pub calls: u32,
    /// The limited methods among them, each once.
    pub methods: SmallVec<[MethodCharge; 1]>,
}

impl Charge {
    /// The first limit that could never let it pass, since it costs more than a full bucket holds.
    #[must_use]
    pub fn above_burst(&self) -> Option<LimitRefusal> {
        let never = |layer, method, rate: Rate, cost| {
            (cost > rate.burst().get()).then_some(LimitRefusal {
                layer,
                method,
                shortage: Shortage::Never,
            })
        };
        let user = |(_, rate)| never(Layer::User, None, rate, self.calls);
        never(Layer::Address, None, self.address.1, self.calls)
            .or_else(|| self.user.and_then(user))
            .or_else(|| {
                let mut methods = self.methods.iter();
                methods.find_map(|of| never(Layer::Method, Some(of.method), of.rate, of.calls))
            })
    }

    pub(super) fn caller(&self) -> BucketKey {
        self.user.map_or(self.address.0, |(key, _)| key)
    }
}

/// Why a request does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitRefusal {
    /// The layer that lets it wait longest.
    pub layer: Layer,
    /// The method, if that layer is the methods'.
    pub method: Option<MethodTag>,
    /// For how long.
    pub shortage: Shortage,
}
