//! What the problems of a configuration and of its surroundings come to. Pure.

use std::path::Path;

use super::finding::Finding;
use crate::api::CheckLevel;
use crate::config::schema::NodeKind;
use crate::config::{Config, Problem, Severity};

/// A finding for each of `problems` of the configuration in `file`; one that it is valid if there
/// are none.
#[must_use]
pub fn configuration_findings(problems: &[Problem], file: Option<&Path>) -> Vec<Finding> {
    if problems.is_empty() {
        let file = file.map_or_else(
            || "no file, only defaults and environment".to_owned(),
            |file| file.display().to_string(),
        );
        return vec![Finding::good("configuration", format!("{file}: valid"))];
    }
    problems.iter().map(of_problem).collect()
}

/// A finding for each attached node of `config` of which none of `problems` says that it does not
/// answer as it should.
#[must_use]
pub fn node_findings(config: &Config, problems: &[Problem]) -> Vec<Finding> {
    let has_problem = |name: &str| {
        problems.iter().any(|problem| {
            let is_of_node = matches!(check_of(problem.key.as_deref()), "node" | "credentials");
            let is_its =
                !config.has_node_list() || problem.message.starts_with(&format!("node {name}: "));
            is_of_node && is_its
        })
    };
    config
        .members()
        .filter(|member| member.node.kind == NodeKind::Attached)
        .filter(|member| !has_problem(&member.node.name))
        .map(|member| {
            let text = format!(
                "{} answers, and accepts the credentials",
                member.node.rpc_url
            );
            let name = config.has_node_list().then_some(&*member.node.name);
            Finding::good("node", text).of(name)
        })
        .collect()
}

fn of_problem(problem: &Problem) -> Finding {
    let sentence = Problem {
        suggestion: None,
        ..problem.clone()
    };
    let level = match problem.severity {
        Severity::Error => CheckLevel::Bad,
        Severity::Warning => CheckLevel::Warning,
    };
    let cure = problem.suggestion.clone();
    let cure = cure.unwrap_or_else(|| {
        let key = problem.key.as_deref().unwrap_or("KEY");
        format!("`bllvmctl config explain {key}` says what is meant")
    });
    Finding {
        level,
        cure: Some(cure),
        ..Finding::good(check_of(problem.key.as_deref()), sentence.to_string())
    }
}

/// What a problem of `key` is about.
fn check_of(key: Option<&str>) -> &'static str {
    let name = key.and_then(|key| key.rsplit('.').next());
    match name.unwrap_or_default() {
        "rpc_url" => "node",
        "rpc_cookie_file" | "rpc_user" | "rpc_password_file" | "rpc_token_file" => "credentials",
        "data_dir" | "blocks_dir" | "state_dir" => "disk",
        "pruning_mode" => "plan",
        _ => "configuration",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_a_finding_of_what_it_is_about_with_its_cure() {
        let problem = Problem {
            severity: Severity::Error,
            file: None,
            line: None,
            column: None,
            given_by: None,
            key: Some("node.rpc_cookie_file".to_owned()),
            value: Some("/x".to_owned()),
            message: "the node refuses it".to_owned(),
            suggestion: Some("write \"/y\"".to_owned()),
        };
        let found = configuration_findings(&[problem], None);
        assert_eq!(found.len(), 1);
        assert!(found[0].is_bad());
        assert_eq!(found[0].check, "credentials");
        assert_eq!(
            found[0].text,
            "node.rpc_cookie_file = /x: the node refuses it"
        );
        assert_eq!(found[0].cure.as_deref(), Some("write \"/y\""));
        let valid = configuration_findings(&[], Some(Path::new("c.toml")));
        assert_eq!(valid[0].text, "c.toml: valid");
    }
}
