//! What a request, or the disk by itself, asks to have pruned: a target, or why nothing is to go.
//! Who keeps blocks is not looked at here, but for the rules that refuse a request by hand. Pure.

use super::blocked::Blocked;
use super::decision::{Ask, Decision, Plan, Target, Trigger};
use super::policy::{Mode, PrunePolicy};
use super::reading::Reading;
use super::retention;
use crate::values::Size;

/// What is to be reached, for whom, and why.
pub(super) struct Demand {
    /// What makes a run start.
    pub trigger: Trigger,
    /// Where it stops.
    pub target: Target,
    /// Why: a sentence.
    pub why: String,
}

/// What `ask` comes to; or the plan, where nothing is to go.
pub(super) fn of(ask: Ask, reading: &Reading, policy: &PrunePolicy) -> Result<Demand, Plan> {
    match ask {
        Ask::Automatic => automatic(reading, policy),
        by_hand => request(by_hand, reading, policy),
    }
}

/// Is it time to prune? Whatever asks for more.
fn automatic(reading: &Reading, policy: &PrunePolicy) -> Result<Demand, Plan> {
    if policy.mode == Mode::Disabled {
        return Err(Plan::new(
            Decision::Idle,
            None,
            "pruning_mode is \"disabled\"",
        ));
    }
    let min_free = policy.min_free.bytes();
    let low = reading.free_bytes.filter(|free| *free < min_free);
    let above = reading
        .usage_bytes
        .filter(|usage| *usage > policy.threshold.bytes());
    if let Some(free) = low {
        let target = min_free.saturating_mul(2);
        let more_by_usage =
            above.is_some_and(|usage| usage - policy.target.bytes() > target - free);
        if !(more_by_usage && policy.window_is_open(reading.minute)) {
            let why = format!(
                "{} free, below min_free_gb ({})",
                Size::from_bytes(free),
                policy.min_free
            );
            return Ok(Demand {
                trigger: Trigger::MinFree,
                target: Target::Free(target),
                why,
            });
        }
    }
    let Some(usage) = above else {
        let why = match (reading.usage_bytes, &reading.obstacle) {
            (Some(usage), _) => {
                let (usage, threshold) = distinguishable(usage, policy.threshold.bytes());
                format!("usage {usage} is not above the threshold of {threshold}")
            }
            (None, Some(obstacle)) => {
                return Err(Plan::impeded(obstacle, None));
            }
            (None, None) => return Err(Plan::usage_unknown(None)),
        };
        return Err(Plan::new(Decision::Idle, None, why));
    };
    let (exact, threshold) = distinguishable(usage, policy.threshold.bytes());
    let why = format!("usage {exact} is above the threshold of {threshold}");
    if !policy.window_is_open(reading.minute) {
        let why = format!("{why}; outside of storage.custom.window");
        let trigger = Some(Trigger::Threshold);
        return Err(Plan::blocked(Blocked::OutsideWindow, trigger, why));
    }
    if reading.in_vain {
        let why =
            format!("{why}; blocks were deleted before, but the node's files did not get smaller");
        return Err(Plan::blocked(Blocked::InVain, None, why));
    }
    Ok(Demand {
        trigger: Trigger::Threshold,
        target: configured_target(policy),
        why,
    })
}

fn configured_target(policy: &PrunePolicy) -> Target {
    match policy.mode {
        Mode::Aggressive => Target::AllButKept,
        Mode::Disabled | Mode::Normal | Mode::Custom => Target::Usage(policy.target.bytes()),
    }
}

/// What the operator wants: nothing that is done already, and nothing past a rule.
fn request(ask: Ask, reading: &Reading, policy: &PrunePolicy) -> Result<Demand, Plan> {
    let by_hand = |target: Target| {
        Ok(Demand {
            trigger: Trigger::Manual,
            target,
            why: "asked for by hand".to_owned(),
        })
    };
    if let Some(obstacle) = &reading.obstacle {
        return Err(Plan::impeded(obstacle, Some(Trigger::Manual)));
    }
    let (height, asked) = match ask {
        Ask::Height(height) => (height, format!("height {height}")),
        Ask::KeepBlocks(blocks) => match reading.tip.checked_sub(blocks) {
            Some(height) => (
                height,
                format!("keeping {blocks} blocks, so pruning up to height {height},"),
            ),
            None => return idle(format!("the chain has no more than {blocks} blocks")),
        },
        Ask::Usage(_) | Ask::Configured | Ask::Automatic => {
            let target = if let Ask::Usage(size) = ask {
                Target::Usage(size.bytes())
            } else {
                configured_target(policy)
            };
            let Target::Usage(wanted_bytes) = target else {
                return by_hand(target);
            };
            return match reading.usage_bytes {
                None => Err(Plan::usage_unknown(Some(Trigger::Manual))),
                Some(usage) if usage <= wanted_bytes => {
                    let usage = Size::from_bytes(usage);
                    let target = Size::from_bytes(wanted_bytes);
                    idle(format!("usage {usage} is not above {target}"))
                }
                Some(_) => by_hand(target),
            };
        }
    };
    let refused = |why: String| Err(Plan::new(Decision::Refused, Some(Trigger::Manual), why));
    if height > reading.tip {
        return refused(format!(
            "{asked} is above the tip, which is at {}",
            reading.tip
        ));
    }
    if let Some(rule) = retention::rules(policy, reading)
        .into_iter()
        .find(|bound| height >= bound.keeps_from)
    {
        return refused(match rule.keeps_from.checked_sub(1) {
            Some(last) => format!(
                "{asked} is past {}; the highest that may go is {last}",
                rule.by
            ),
            None => format!("{asked} is past {}; nothing may go", rule.by),
        });
    }
    if height < reading.first_kept {
        return idle(format!(
            "all blocks below height {} are gone already",
            reading.first_kept
        ));
    }
    by_hand(Target::Height(height))
}

fn idle(why: String) -> Result<Demand, Plan> {
    Err(Plan::new(Decision::Idle, Some(Trigger::Manual), why))
}

/// Two amounts with so many figures that they do not look the same.
fn distinguishable(one: u64, other: u64) -> (String, String) {
    let (short, beside) = (
        Size::from_bytes(one).to_string(),
        Size::from_bytes(other).to_string(),
    );
    if one == other || short != beside {
        (short, beside)
    } else {
        (format!("{one} B"), format!("{other} B"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_that_differ_look_different() {
        let reported = |one: u64, other: u64| {
            let (one, other) = distinguishable(one, other);
            format!("{one} above {other}")
        };
        assert_eq!(reported(2_600_000, 2_400_000), "2.6 MB above 2.4 MB");
        assert_eq!(reported(2_400_512, 2_400_000), "2400512 B above 2400000 B");
        assert_eq!(reported(2_400_000, 2_400_000), "2.4 MB above 2.4 MB");
    }
}
