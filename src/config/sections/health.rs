//! `[health]` and `[logging]`

use tracing_subscriber::EnvFilter;

use super::scope::NodeScope;
use crate::config::item::Item;
use crate::config::nearest;
use crate::config::reader::Reader;
use crate::config::scalar::{Wrong, choice, filled, number, seconds, whole};
use crate::config::schema::{HealthConfig, LogFormat, Logging};

const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];
const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "off"];

pub(super) fn read(reader: &mut Reader<'_>, scope: NodeScope) -> Option<HealthConfig> {
    let at = |path| scope.place(path);
    let live_timeout = reader.get(at("health.live_timeout_secs"), seconds);
    let ready_max_lag_blocks = reader.get(at("health.ready_max_lag_blocks"), |item| whole(item, 0));
    let stall_probability = reader.get(at("health.stall_probability"), probability);
    Some(HealthConfig {
        live_timeout: live_timeout?,
        ready_max_lag_blocks: ready_max_lag_blocks?,
        stall_probability: stall_probability?,
    })
}

/// As the defaults say, for tests of what is judged by it.
#[cfg(test)]
pub(crate) fn default_health() -> HealthConfig {
    let env = crate::env::Env::default();
    let mut reader = Reader::new(crate::config::layer::ConfigLayer::default(), &env);
    read(&mut reader, NodeScope::Only).expect("the defaults are valid")
}

pub(super) fn read_logging(reader: &mut Reader<'_>) -> Option<Logging> {
    let format = reader.get("logging.format", |item| choice(item, &FORMATS));
    let level = reader.get("logging.level", level);
    Some(Logging {
        format: format?,
        level: level?,
    })
}

fn probability(item: &Item) -> Result<f64, Wrong> {
    let probability = number(item)?;
    let fits = probability > 0.0 && probability < 1.0;
    if fits {
        Ok(probability)
    } else {
        Err(Wrong::new("must be above 0 and below 1").suggest("write 1e-5, say"))
    }
}

/// A level, or a list of directives. A bare word that is no level would name a target; alone it is
/// a slip.
fn level(item: &Item) -> Result<String, Wrong> {
    let text = filled(item)?;
    let is_level = |word: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
    let slip = text.split(',').map(str::trim).find(|word| {
        let near = nearest::closest(word, LEVELS.into_iter()).is_some();
        is_word(word) && !is_level(word) && (near || *word == text.trim())
    });
    if let Some(word) = slip {
        let wrong = Wrong::new(format!(
            "must be {} or a filter; {word} is no level",
            LEVELS.join(", ")
        ));
        let near = nearest::closest(word, LEVELS.into_iter()).unwrap_or("info");
        return Err(wrong.suggest(format!("write \"{near}\"")));
    }
    if EnvFilter::try_new(&text).is_ok() {
        return Ok(text);
    }
    let wrong = Wrong::new(format!("must be {} or a filter", LEVELS.join(", ")));
    Err(wrong.suggest("write \"info,bllvmctl::prune=debug\", say"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::item::{Origin, Value};
    use proptest::prelude::*;

    fn read_level(text: &str) -> Result<String, Wrong> {
        level(&Item {
            value: Value::Text(text.into()),
            origin: Origin::Default,
            written: text.into(),
        })
    }

    #[test]
    fn a_level_or_a_filter_is_taken() {
        for text in [
            "info",
            "OFF",
            "info,bllvmctl::prune=debug",
            "warn,hyper=off",
            "debug,[span]=trace",
        ] {
            assert!(read_level(text).is_ok(), "{text}");
        }
        for text in ["", "loud", "inof", "info,bllvmctl=loud", "info, debgu"] {
            assert!(read_level(text).is_err(), "{text}");
        }
        assert_eq!(
            read_level("inof").unwrap_err().suggestion.as_deref(),
            Some("write \"info\"")
        );
    }

    proptest! {
        #[test]
        fn no_filter_panics(text in "[a-z=,:\\[\\]{}\"/ .*]{0,30}") {
            let _ = read_level(&text);
        }
    }
}
