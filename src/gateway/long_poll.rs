//! Which calls wait for a block: the node answers them when one comes, and they keep a worker of it
//! until then. Pure.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Methods that answer when a block comes.
const BLOCK_WAIT_METHODS: [&str; 3] = ["waitfornewblock", "waitforblock", "waitforblockheight"];
/// It does so if its caller names the template that it has already (BIP 22).
const TEMPLATE_METHOD: &str = "getblocktemplate";

/// Whether a call of `method` with these parameters, as they are written, is one.
pub(super) fn is_long_poll(method: &str, params: Option<&str>) -> bool {
    BLOCK_WAIT_METHODS.contains(&method)
        || (method == TEMPLATE_METHOD && params.is_some_and(names_known_template))
}

/// Whether the parameters of `getblocktemplate` have a `longpollid`. Those that cannot be read
/// count as such: the node refuses them at once.
fn names_known_template(params: &str) -> bool {
    #[derive(Deserialize)]
    struct TemplateRequest {
        longpollid: Option<IgnoredAny>,
    }
    #[derive(Deserialize)]
    struct NamedParams {
        #[serde(default)]
        template_request: Option<TemplateRequest>,
    }
    let request = if params.starts_with('{') {
        serde_json::from_str::<NamedParams>(params).map(|named| named.template_request)
    } else {
        serde_json::from_str::<Vec<Option<TemplateRequest>>>(params)
            .map(|params| params.into_iter().flatten().next())
    };
    request.map_or(true, |request| {
        request.is_some_and(|request| request.longpollid.is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_for_a_block_polls_long() {
        for method in BLOCK_WAIT_METHODS {
            assert!(
                is_long_poll(method, None) && is_long_poll(method, Some("[1]")),
                "{method}"
            );
        }
        for method in ["getblock", "waitfornewblocks", "", "waitforblockheigh"] {
            assert!(
                !is_long_poll(method, Some(r#"[{"longpollid":"x"}]"#)),
                "{method}"
            );
        }
    }

    #[test]
    fn a_template_is_waited_for_only_where_another_is_known() {
        let polls = |params| is_long_poll(TEMPLATE_METHOD, Some(params));
        let deep = format!(
            r#"[{{"x":{}{},"longpollid":"y"}}]"#,
            "[".repeat(400),
            "]".repeat(400)
        );
        for params in [
            r#"[{"rules":["segwit"],"longpollid":"00ff1"}]"#,
            r#"[{"long\u0070ollid":"00ff1"}]"#,
            r#"{"template_request":{"longpollid":"00ff1","rules":[{}]}}"#,
            &deep,
            "[1]",
            "7",
        ] {
            assert!(polls(params), "{params}");
        }
        for params in [
            r#"[{"rules":["longpollid"]}]"#,
            "[]",
            "{}",
            "[null]",
            r#"{"template_request":{}}"#,
        ] {
            assert!(!polls(params), "{params}");
        }
        assert!(!is_long_poll(TEMPLATE_METHOD, None));
    }
}
