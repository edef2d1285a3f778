//! The planner: from what is measured, what is wanted and what is kept, to what goes, or why
//! nothing does. Pure.
//!
//! Refuses to know a node, a disk and a clock. Invariants: nothing goes that anybody keeps; nothing
//! goes unasked; a plan always says why, and promises nothing that the node's call cannot do; a
//! lower target never prunes less.

use super::blocked::Blocked;
use super::decision::{Ask, Plan, PlanStep, PruneDecision, Rest, Target, Trigger};
use super::demand::{self, PruneDemand};
use super::lease::Leases;
use super::policy::PrunePolicy;
use super::reading::Reading;
use super::retention::{self, Retention, RetentionBound};
use crate::node::PruneReach;

/// Plans what `ask` asks for.
#[must_use]
pub(super) fn plan(
    ask: Ask,
    reading: &Reading,
    policy: &PrunePolicy,
    leases: &Leases,
    rest: Option<&Rest>,
) -> Plan {
    let PruneDemand {
        trigger,
        target,
        why,
    } = match demand::of(ask, reading, policy) {
        Ok(demand) => demand,
        Err(plan) => return plan,
    };
    if let Some(obstacle) = &reading.obstacle {
        return Plan::impeded(obstacle, Some(trigger));
    }
    if let Some(no_room) = reading.no_room.filter(|_| ask == Ask::Automatic) {
        let why = format!("{why}; {no_room}; no run starts by itself until the volume has changed");
        return Plan::blocked(Blocked::NoRoom, None, why);
    }
    let plan = match step(target, reading, policy, leases) {
        Ok(step) => within_reach(step, trigger, why, reading, policy, leases),
        // What the operator wants is what is.
        Err(bound)
            if ask == Ask::Configured && target == Target::AllButKept && bound.by.is_rule() =>
        {
            let why = format!("all that {} does not keep is gone", bound.by);
            Plan::new(PruneDecision::Idle, Some(trigger), why)
        }
        Err(bound) => {
            let height = bound.keeps_from;
            let by = bound.by;
            let why = format!("{why}; nothing below height {height} is left, which {by} keeps");
            Plan::new(PruneDecision::Held { target, by }, Some(trigger), why)
        }
    };
    match (ask, rest) {
        (Ask::Automatic, Some(rest)) => rested(plan, rest, reading, policy, leases),
        _ => plan,
    }
}

/// The plan to do `step`, as far as the node's call can.
fn within_reach(
    step: PlanStep,
    trigger: Trigger,
    why: String,
    reading: &Reading,
    policy: &PrunePolicy,
    leases: &Leases,
) -> Plan {
    match reading.reach {
        PruneReach::UpTo => Plan::new(PruneDecision::Prune(step), Some(trigger), why),
        PruneReach::Below => below(step, trigger, &why, reading),
        PruneReach::All if is_all(&step, reading, policy, leases) => {
            let why = format!(
                "{why}; the node knows no height: it prunes all but the blocks that it keeps itself"
            );
            Plan::new(PruneDecision::Prune(step), Some(trigger), why)
        }
        PruneReach::All => {
            let limit = retention::limit(reading, policy, leases);
            let less = match limit.by {
                Retention::Recent => {
                    format!("only what is up to height {} is to go", step.to_height)
                }
                by => format!("{by} keeps more"),
            };
            let why = format!(
                "{why}; the node knows no height: it prunes all but the blocks that it keeps \
                 itself, or nothing, and {less}"
            );
            Plan::blocked(Blocked::NoHeight, Some(trigger), why)
        }
    }
}

/// The plan to do `step` at a node that prunes below the height that it is given.
fn below(step: PlanStep, trigger: Trigger, why: &str, reading: &Reading) -> Plan {
    let given = step.to_height;
    let why = format!("{why}; the node prunes below the height that it is given");
    if given <= reading.first_kept {
        let why = format!("{why}, and no block below {given} is left");
        return Plan::new(PruneDecision::Idle, Some(trigger), why);
    }
    let to_height = given.saturating_sub(1);
    let step = PlanStep {
        to_height,
        about_bytes: reading.stock().up_to(to_height),
        ..step
    };
    let why = format!("{why}, so block {given} stays");
    Plan::new(PruneDecision::Prune(step), Some(trigger), why)
}

/// Whether `step` takes all that the last 288 blocks leave, and nobody keeps more.
fn is_all(step: &PlanStep, reading: &Reading, policy: &PrunePolicy, leases: &Leases) -> bool {
    let limit = retention::limit(reading, policy, leases);
    limit.keeps_from.checked_sub(1) == Some(step.to_height)
        && retention::only_recent(&limit, reading, policy, leases)
}

/// A run that would find nothing new waits: each call makes the node write out its whole cache.
fn rested(
    plan: Plan,
    rest: &Rest,
    reading: &Reading,
    policy: &PrunePolicy,
    leases: &Leases,
) -> Plan {
    let limit = retention::limit(reading, policy, leases);
    let again_at = rest.at.saturating_add(rest.blocks);
    let PruneDecision::Prune(step) = &plan.decision else {
        return plan;
    };
    if limit.keeps_from >= again_at {
        return plan;
    }
    let by = rest.by_node.clone().unwrap_or(limit.by);
    let why = format!(
        "{}; all that could go below height {} has gone, the rest is kept by {by}; more is tried \
         once {again_at} may go",
        plan.why, rest.at
    );
    Plan::new(
        PruneDecision::Held {
            target: step.target,
            by,
        },
        plan.trigger,
        why,
    )
}

/// Of blocks whose sizes are not known, so small a part goes at once.
const PARTS: u32 = 64;

/// The height up to which blocks have to go for `target`; `None`: more than all of them.
///
/// Where sizes are unknown, a small part goes, and what becomes free is measured.
fn wanted_height(target: Target, reading: &Reading, last: u32) -> Option<u32> {
    let stock = reading.stock();
    let missing_bytes = match target {
        Target::Height(height) => return Some(height),
        Target::Usage(wanted_bytes) => reading
            .usage_bytes
            .map(|usage| usage.saturating_sub(wanted_bytes)),
        Target::Free(wanted_bytes) => reading
            .free_bytes
            .map(|free| wanted_bytes.saturating_sub(free)),
        Target::AllButKept => return None,
    };
    match missing_bytes.filter(|_| stock.bytes.is_some()) {
        Some(bytes) => stock.height_for(bytes.max(1)),
        None => Some(
            reading
                .first_kept
                .saturating_add((last - reading.first_kept) / PARTS),
        ),
    }
}

/// How far to go at once for `target`; or who keeps all there is.
pub(super) fn step(
    target: Target,
    reading: &Reading,
    policy: &PrunePolicy,
    leases: &Leases,
) -> Result<PlanStep, RetentionBound> {
    let limit = retention::limit(reading, policy, leases);
    let Some(last) = limit
        .keeps_from
        .checked_sub(1)
        .filter(|last| *last >= reading.first_kept)
    else {
        return Err(limit);
    };
    let stock = reading.stock();
    let wanted = match target {
        // A rule is what it stops at; a lease holds it back.
        Target::AllButKept => Some(last).filter(|_| limit.by.is_rule()),
        _ => wanted_height(target, reading, last),
    };
    let to_height = wanted.map_or(last, |wanted| wanted.clamp(reading.first_kept, last));
    let held_by = wanted
        .is_none_or(|wanted| wanted > last)
        .then_some(limit.by);
    Ok(PlanStep {
        target,
        to_height,
        about_bytes: stock.up_to(to_height),
        held_by,
    })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
