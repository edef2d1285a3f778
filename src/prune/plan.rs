//! The planner: from what is measured, what is wanted and what is kept, to what goes, or why
//! nothing does. Pure.
//!
//! Refuses to know a node, a disk and a clock. Invariants: nothing goes that anybody keeps; nothing
//! goes unasked; a plan always says why, and promises nothing that the node's call cannot do; a
//! lower target never prunes less.

use super::blocked::Blocked;
use super::decision::{Aim, Ask, Decision, Plan, Rest, Step, Trigger};
use super::lease::Leases;
use super::policy::{Mode, Policy};
use super::reading::Reading;
use super::retention::{self, Retention, RetentionBound};
use crate::node::PruneReach;
use crate::values::Size;

/// Plans what `ask` asks for.
#[must_use]
pub(super) fn plan(
    ask: Ask,
    reading: &Reading,
    policy: &Policy,
    leases: &Leases,
    rest: Option<&Rest>,
) -> Plan {
    let wanted = match ask {
        Ask::Automatic => automatic(reading, policy),
        by_hand => request(by_hand, reading, policy),
    };
    let (trigger, aim, why) = match wanted {
        Ok(wanted) => wanted,
        Err(plan) => return plan,
    };
    if let Some(obstacle) = &reading.obstacle {
        return Plan::impeded(obstacle, Some(trigger));
    }
    if let Some(no_room) = reading.no_room.filter(|_| ask == Ask::Automatic) {
        let why = format!("{why}; {no_room}; no run starts by itself until the volume has changed");
        return Plan::blocked(Blocked::NoRoom, None, why);
    }
    let plan = match step(aim, reading, policy, leases) {
        Ok(step) => within_reach(step, trigger, why, reading, policy, leases),
        // What the operator wants is what is.
        Err(bound) if ask == Ask::Configured && aim == Aim::AllButKept && bound.by.is_rule() => {
            let why = format!("nothing to do: all that {} does not keep is gone", bound.by);
            Plan::new(Decision::Idle, Some(trigger), why)
        }
        Err(bound) => {
            let why = format!(
                "{why}; nothing below height {} is left, which {} keeps",
                bound.keeps_from, bound.by
            );
            Plan::new(Decision::Held { aim, by: bound.by }, Some(trigger), why)
        }
    };
    match (ask, rest) {
        (Ask::Automatic, Some(rest)) => rested(plan, rest, reading, policy, leases),
        _ => plan,
    }
}

/// The plan to do `step`, as far as the node's call can.
fn within_reach(
    step: Step,
    trigger: Trigger,
    why: String,
    reading: &Reading,
    policy: &Policy,
    leases: &Leases,
) -> Plan {
    match reading.reach {
        PruneReach::UpTo => Plan::new(Decision::Prune(step), Some(trigger), why),
        PruneReach::Below if step.to_height <= reading.first_kept => {
            let why = format!(
                "{why}; the node prunes below the height that it is given, and no block below {} is left",
                step.to_height
            );
            Plan::new(Decision::Idle, Some(trigger), why)
        }
        PruneReach::Below => {
            let given = step.to_height;
            let why = format!(
                "{why}; the node prunes below the height that it is given, so block {given} stays"
            );
            let to_height = given.saturating_sub(1);
            let about_bytes = reading.stock().up_to(to_height);
            Plan::new(
                Decision::Prune(Step {
                    to_height,
                    about_bytes,
                    ..step
                }),
                Some(trigger),
                why,
            )
        }
        PruneReach::All if is_all(&step, reading, policy, leases) => {
            let why = format!(
                "{why}; the node knows no height: it prunes all but the blocks that it keeps itself"
            );
            Plan::new(Decision::Prune(step), Some(trigger), why)
        }
        PruneReach::All => {
            let limit = limit(reading, policy, leases);
            let less = match limit.by {
                Retention::Recent => {
                    format!("only what is up to height {} is to go", step.to_height)
                }
                by => format!("{by} keeps more"),
            };
            let why = format!(
                "{why}; the node knows no height: it prunes all but the blocks that it keeps itself, or nothing, and {less}"
            );
            Plan::blocked(Blocked::NoHeight, Some(trigger), why)
        }
    }
}

/// Whether `step` takes all that the last 288 blocks leave, and nobody keeps more.
fn is_all(step: &Step, reading: &Reading, policy: &Policy, leases: &Leases) -> bool {
    let limit = limit(reading, policy, leases);
    limit.keeps_from.checked_sub(1) == Some(step.to_height)
        && only_recent(&limit, reading, policy, leases)
}

/// Nobody keeps a block but the rule of the last 288: a block that comes before the call would let
/// go of one more.
pub(super) fn only_recent(
    limit: &RetentionBound,
    reading: &Reading,
    policy: &Policy,
    leases: &Leases,
) -> bool {
    let nobody_else = leases.len() == 0 && retention::held_by_node(&reading.indexes).is_empty();
    limit.by == Retention::Recent && nobody_else && retention::rules(policy, reading).len() == 1
}

/// A run that would find nothing new waits: each call makes the node write out its whole cache.
fn rested(plan: Plan, rest: &Rest, reading: &Reading, policy: &Policy, leases: &Leases) -> Plan {
    let limit = limit(reading, policy, leases);
    let again_at = rest.at.saturating_add(rest.blocks);
    let Decision::Prune(step) = &plan.decision else {
        return plan;
    };
    if limit.keeps_from >= again_at {
        return plan;
    }
    let by = rest.by_node.clone().unwrap_or(limit.by);
    let why = format!(
        "{}; all that could go below height {} has gone, the rest is kept by {by}; more is tried once {again_at} may go",
        plan.why, rest.at
    );
    Plan::new(Decision::Held { aim: step.aim, by }, plan.trigger, why)
}

type Wanted = Result<(Trigger, Aim, String), Plan>;

/// Is it time to prune? Whatever asks for more.
fn automatic(reading: &Reading, policy: &Policy) -> Wanted {
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
        let aim = min_free.saturating_mul(2);
        let more_by_usage = above.is_some_and(|usage| usage - policy.target.bytes() > aim - free);
        if !(more_by_usage && policy.window_is_open(reading.minute)) {
            let why = format!(
                "{} free, below min_free_gb ({})",
                Size::from_bytes(free),
                policy.min_free
            );
            return Ok((Trigger::MinFree, Aim::Free(aim), why));
        }
    }
    let Some(usage) = above else {
        let why = match (reading.usage_bytes, &reading.obstacle) {
            (Some(usage), _) => {
                let (usage, threshold) = told_apart(usage, policy.threshold.bytes());
                format!("usage {usage} is not above the threshold of {threshold}")
            }
            (None, Some(obstacle)) => {
                return Err(Plan::impeded(obstacle, None));
            }
            (None, None) => return Err(Plan::usage_unknown(None)),
        };
        return Err(Plan::new(Decision::Idle, None, why));
    };
    let (exact, threshold) = told_apart(usage, policy.threshold.bytes());
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
    Ok((Trigger::Threshold, configured_aim(policy), why))
}

fn configured_aim(policy: &Policy) -> Aim {
    match policy.mode {
        Mode::Aggressive => Aim::AllButKept,
        Mode::Disabled | Mode::Normal | Mode::Custom => Aim::Usage(policy.target.bytes()),
    }
}

/// What the operator wants: nothing that is done already, and nothing past a rule.
fn request(ask: Ask, reading: &Reading, policy: &Policy) -> Wanted {
    let by_hand = |aim: Aim| Ok((Trigger::Manual, aim, "asked for by hand".to_owned()));
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
            None => return idle(&format!("the chain has no more than {blocks} blocks")),
        },
        Ask::Usage(_) | Ask::Configured | Ask::Automatic => {
            let aim = if let Ask::Usage(size) = ask {
                Aim::Usage(size.bytes())
            } else {
                configured_aim(policy)
            };
            let Aim::Usage(target) = aim else {
                return by_hand(aim);
            };
            return match reading.usage_bytes {
                None => Err(Plan::usage_unknown(Some(Trigger::Manual))),
                Some(usage) if usage <= target => {
                    let (usage, target) = (Size::from_bytes(usage), Size::from_bytes(target));
                    idle(&format!("usage {usage} is not above {target}"))
                }
                Some(_) => by_hand(aim),
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
        return idle(&format!(
            "all blocks below height {} are gone already",
            reading.first_kept
        ));
    }
    by_hand(Aim::Height(height))
}

fn idle(why: &str) -> Wanted {
    Err(Plan::new(
        Decision::Idle,
        Some(Trigger::Manual),
        format!("nothing to do: {why}"),
    ))
}

/// The lowest height that stays, and who keeps it.
pub(super) fn limit(reading: &Reading, policy: &Policy, leases: &Leases) -> RetentionBound {
    // Rules first, to be told of one rather than of a lease that keeps no more.
    let rules = retention::rules(policy, reading).into_iter();
    let holders = rules
        .chain(retention::leased(leases, reading))
        .chain(retention::held_by_node(&reading.indexes));
    retention::down_through_locks(retention::strictest(holders), &reading.indexes)
}

/// Of blocks whose sizes are not known, so small a part goes at once.
const PARTS: u32 = 64;

/// How far to go at once for `aim`; or who keeps all there is.
pub(super) fn step(
    aim: Aim,
    reading: &Reading,
    policy: &Policy,
    leases: &Leases,
) -> Result<Step, RetentionBound> {
    let limit = limit(reading, policy, leases);
    let Some(last) = limit
        .keeps_from
        .checked_sub(1)
        .filter(|last| *last >= reading.first_kept)
    else {
        return Err(limit);
    };
    let stock = reading.stock();
    // What has no known size cannot be aimed at: a small part goes, and what came of it is
    // measured.
    let to_free = |bytes: Option<u64>| match bytes.filter(|_| stock.bytes.is_some()) {
        Some(bytes) => stock.height_for(bytes.max(1)),
        None => Some(
            reading
                .first_kept
                .saturating_add((last - reading.first_kept) / PARTS),
        ),
    };
    let wanted = match aim {
        Aim::Height(height) => Some(height),
        Aim::Usage(target) => to_free(
            reading
                .usage_bytes
                .map(|usage| usage.saturating_sub(target)),
        ),
        Aim::Free(target) => to_free(reading.free_bytes.map(|free| target.saturating_sub(free))),
        // A rule is what it stops at; a lease holds it back.
        Aim::AllButKept => Some(last).filter(|_| limit.by.is_rule()),
    };
    let to_height = wanted.map_or(last, |wanted| wanted.clamp(reading.first_kept, last));
    let held_by = wanted
        .is_none_or(|wanted| wanted > last)
        .then_some(limit.by);
    Ok(Step {
        aim,
        to_height,
        about_bytes: stock.up_to(to_height),
        held_by,
    })
}

/// Two amounts with so many figures that they do not look the same.
fn told_apart(one: u64, other: u64) -> (String, String) {
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
#[path = "plan_tests.rs"]
mod tests;
