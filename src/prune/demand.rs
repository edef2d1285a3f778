//! What a request, or the disk by itself, asks to have pruned: a target, or why nothing is to go.
//! Who keeps blocks is not looked at here, but for the rules that refuse a request by hand. Pure.

use super::blocked::Blocked;
use super::decision::{Ask, Plan, PruneDecision, Target, Trigger};
use super::policy::{Mode, PrunePolicy};
use super::reading::Reading;
use super::retention;
use crate::values::Size;

/// What is to be reached, for whom, and why.
pub(super) struct PruneDemand {
    /// What makes a run start.
    pub trigger: Trigger,
    /// Where it stops.
    pub target: Target,
    /// Why: a sentence.
    pub why: String,
}

/// What `ask` comes to; or the plan, where nothing is to go.
pub(super) fn of(ask: Ask, reading: &Reading, policy: &PrunePolicy) -> Result<PruneDemand, Plan> {
    match ask {
        Ask::Automatic => automatic(reading, policy),
        by_hand => request(by_hand, reading, policy),
    }
}

/// Is it time to prune? Whatever asks for more.
fn automatic(reading: &Reading, policy: &PrunePolicy) -> Result<PruneDemand, Plan> {
    if policy.mode == Mode::Disabled {
        let why = "pruning_mode is \"disabled\"";
        return Err(Plan::new(PruneDecision::Idle, None, why));
    }
    let threshold = policy.threshold.bytes();
    let above = reading.usage_bytes.filter(|usage| *usage > threshold);
    if let Some(demand) = for_free_space(above, reading, policy) {
        return Ok(demand);
    }
    match above {
        Some(usage) => above_threshold(usage, reading, policy),
        None => Err(not_above_threshold(reading, policy)),
    }
}

/// Twice the free space that is wanted, where less than that is left and the usage, which is
/// `above` its threshold, does not ask for more.
fn for_free_space(
    above: Option<u64>,
    reading: &Reading,
    policy: &PrunePolicy,
) -> Option<PruneDemand> {
    let min_free = policy.min_free.bytes();
    let free = reading.free_bytes.filter(|free| *free < min_free)?;
    let target = min_free.saturating_mul(2);
    let more_by_usage = above.is_some_and(|usage| usage - policy.target.bytes() > target - free);
    if more_by_usage && policy.window_is_open(reading.minute) {
        return None;
    }
    Some(PruneDemand {
        trigger: Trigger::MinFree,
        target: Target::Free(target),
        why: format!(
            "{} free, below min_free_gb ({})",
            Size::from_bytes(free),
            policy.min_free
        ),
    })
}

fn not_above_threshold(reading: &Reading, policy: &PrunePolicy) -> Plan {
    match (reading.usage_bytes, &reading.obstacle) {
        (Some(usage), _) => {
            let (usage, threshold) = distinguishable(usage, policy.threshold.bytes());
            let why = format!("usage {usage} is not above the threshold of {threshold}");
            Plan::new(PruneDecision::Idle, None, why)
        }
        (None, Some(obstacle)) => Plan::impeded(obstacle, None),
        (None, None) => Plan::usage_unknown(None),
    }
}

fn above_threshold(
    usage: u64,
    reading: &Reading,
    policy: &PrunePolicy,
) -> Result<PruneDemand, Plan> {
    let (usage, threshold) = distinguishable(usage, policy.threshold.bytes());
    let why = format!("usage {usage} is above the threshold of {threshold}");
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
    Ok(PruneDemand {
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
fn request(ask: Ask, reading: &Reading, policy: &PrunePolicy) -> Result<PruneDemand, Plan> {
    if let Some(obstacle) = &reading.obstacle {
        return Err(Plan::impeded(obstacle, Some(Trigger::Manual)));
    }
    match ask {
        Ask::Height(height) => down_to(height, &format!("height {height}"), reading, policy),
        Ask::KeepBlocks(blocks) => match reading.tip.checked_sub(blocks) {
            Some(height) => {
                let asked = format!("keeping {blocks} blocks, so pruning up to height {height},");
                down_to(height, &asked, reading, policy)
            }
            None => idle(format!("the chain has no more than {blocks} blocks")),
        },
        Ask::Usage(size) => to_usage(Target::Usage(size.bytes()), reading),
        Ask::Configured | Ask::Automatic => to_usage(configured_target(policy), reading),
    }
}

fn by_hand(target: Target) -> PruneDemand {
    PruneDemand {
        trigger: Trigger::Manual,
        target,
        why: "asked for by hand".to_owned(),
    }
}

/// A usage that is not reached yet; any other target is asked for as it is.
fn to_usage(target: Target, reading: &Reading) -> Result<PruneDemand, Plan> {
    let Target::Usage(wanted_bytes) = target else {
        return Ok(by_hand(target));
    };
    match reading.usage_bytes {
        None => Err(Plan::usage_unknown(Some(Trigger::Manual))),
        Some(usage) if usage <= wanted_bytes => {
            let usage = Size::from_bytes(usage);
            let wanted = Size::from_bytes(wanted_bytes);
            idle(format!("usage {usage} is not above {wanted}"))
        }
        Some(_) => Ok(by_hand(target)),
    }
}

/// All blocks up to `height`, which was `asked` for in these words, unless a rule keeps some.
fn down_to(
    height: u32,
    asked: &str,
    reading: &Reading,
    policy: &PrunePolicy,
) -> Result<PruneDemand, Plan> {
    if height > reading.tip {
        let tip = reading.tip;
        return refused(format!("{asked} is above the tip, which is at {tip}"));
    }
    let mut rules = retention::rules(policy, reading).into_iter();
    if let Some(rule) = rules.find(|rule| height >= rule.keeps_from) {
        return refused(match rule.keeps_from.checked_sub(1) {
            Some(last) => format!(
                "{asked} is past {}; the highest that may go is {last}",
                rule.by
            ),
            None => format!("{asked} is past {}; nothing may go", rule.by),
        });
    }
    if height < reading.first_kept {
        let first = reading.first_kept;
        return idle(format!("all blocks below height {first} are gone already"));
    }
    Ok(by_hand(Target::Height(height)))
}

fn refused(why: String) -> Result<PruneDemand, Plan> {
    let trigger = Some(Trigger::Manual);
    Err(Plan::new(PruneDecision::Refused, trigger, why))
}

fn idle(why: String) -> Result<PruneDemand, Plan> {
    Err(Plan::new(PruneDecision::Idle, Some(Trigger::Manual), why))
}

/// Two amounts with so many figures that they do not look the same.
fn distinguishable(one: u64, other: u64) -> (String, String) {
    let short = Size::from_bytes(one).to_string();
    let beside = Size::from_bytes(other).to_string();
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
