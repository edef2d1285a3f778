//! A prune plan as text.

use super::exit::{CommandResult, Exit};
use super::output::Output;
use super::{answer::Received, render};
use crate::api::{PlanAction, PlanAim, PrunePlan};

/// The plan as lines.
pub(super) fn lines(plan: &PrunePlan) -> String {
    let mut lines = vec![format!("plan    {}", action(plan))];
    if plan.action != PlanAction::Idle {
        lines.push(format!("why     {}", plan.why));
    }
    let usage = plan
        .usage_bytes
        .map_or_else(String::new, |usage| format!("; usage is {usage}"));
    lines.extend(target(plan).map(|target| format!("target  {target}{usage}")));
    lines.extend(plan.held_by.as_ref().map(|by| format!("held by {by}")));
    lines.iter().map(|line| line.clone() + "\n").collect()
}

/// Why a request started no job, in one line.
pub(super) fn not_started(plan: &PrunePlan) -> String {
    match plan.action {
        PlanAction::Idle => action(plan),
        _ => plan.why.clone(),
    }
}

fn action(plan: &PrunePlan) -> String {
    match (&plan.action, plan.to_height) {
        (PlanAction::Prune, Some(height)) => {
            let about = plan
                .about_bytes
                .map_or_else(String::new, |about| format!(", about {about}"));
            format!("prune blocks up to height {height}{about}")
        }
        (PlanAction::Prune, None) => {
            "prune all blocks that the node does not need to keep".to_owned()
        }
        (PlanAction::Idle, _) => {
            format!("nothing to do: {}", plan.why)
        }
        _ => "prune nothing".to_owned(),
    }
}

fn target(plan: &PrunePlan) -> Option<String> {
    match (plan.aim.as_ref()?, plan.target_bytes, plan.target_height) {
        (PlanAim::Usage, Some(target), _) => Some(format!("down to a usage of {target}")),
        (PlanAim::Free, Some(target), _) => Some(format!("until {target} are free")),
        (PlanAim::Height, _, Some(height)) => Some(format!("up to height {height}")),
        (PlanAim::AllButKept, _, _) => Some("down to what is kept".to_owned()),
        _ => None,
    }
}

/// The exit code that a run would have, as far as it is known now.
pub(super) fn exit(plan: &PrunePlan) -> Exit {
    let yes = match plan.action {
        PlanAction::Prune => plan.held_by.is_none(),
        PlanAction::Idle => true,
        _ => false,
    };
    if yes { Exit::Yes } else { Exit::No }
}

/// Prints the plan and returns the exit code that a run would have.
pub(super) fn show(plan: &Received<PrunePlan>, output: Output) -> CommandResult {
    render::show(&plan.raw, output, || lines(&plan.document))?;
    Ok(exit(&plan.document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_plan_to_do_nothing_says_so_once() {
        let plan = |action: &str, why: &str| -> PrunePlan {
            serde_json::from_value(json!({"action": action, "why": why})).unwrap()
        };
        assert_eq!(
            lines(&plan("idle", "usage is low")),
            "plan    nothing to do: usage is low\n"
        );
        assert_eq!(
            lines(&plan("blocked", "no mode")),
            "plan    prune nothing\nwhy     no mode\n"
        );
    }
}
