//! A key: its path, its default, how its variable is read, and what is said of it.

/// The section with an entry for each node.
pub(in crate::config) const NODES: &str = "nodes";

/// How the text of an environment variable is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Shape {
    /// As it stands.
    Text,
    /// As a value of TOML.
    Toml,
    /// As a value of TOML if it is one, else as it stands.
    Either,
}

/// A key.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Key {
    /// From the root: `rpc.listen`. In a section that is repeated without the entry:
    /// `rpc.auth.users.name`.
    pub(in crate::config) path: &'static str,
    pub(in crate::config) shape: Shape,
    /// In TOML; empty: none.
    pub(in crate::config) default: &'static str,
    /// The default where the node is attached.
    pub(in crate::config) attached: &'static str,
    /// In a repeated section: each entry must have it, and this is one in TOML.
    pub(in crate::config) required: Option<&'static str>,
    /// In a repeated section: the key whose value counts where this one is left out.
    pub(in crate::config) inherits: Option<&'static str>,
    /// Its value is never shown.
    pub(in crate::config) is_secret: bool,
    /// An entry of `[[nodes]]` may have one of its own, which counts in its place.
    is_per_node: bool,
    /// What it means; empty: it is explained with the key above.
    pub(in crate::config) help: &'static str,
    /// Lines of TOML with other values than the default.
    pub(in crate::config) examples: &'static [&'static str],
    /// What is explained below it, though it is no key: its text, and lines of TOML.
    pub(in crate::config) note: Option<(&'static str, &'static [&'static str])>,
    /// The value that `config init` writes; elsewhere the default is a comment.
    pub(in crate::config) written: Option<&'static str>,
}

/// A key whose variable is read as it stands.
pub(in crate::config) const fn text(path: &'static str, default: &'static str) -> Key {
    Key {
        path,
        shape: Shape::Text,
        default,
        attached: default,
        required: None,
        inherits: None,
        is_secret: false,
        is_per_node: false,
        help: "",
        examples: &[],
        note: None,
        written: None,
    }
}

/// A key whose variable is read as TOML.
pub(in crate::config) const fn toml(path: &'static str, default: &'static str) -> Key {
    Key {
        shape: Shape::Toml,
        ..text(path, default)
    }
}

/// A key whose variable is read as TOML if it is TOML, else as it stands.
pub(in crate::config) const fn either(path: &'static str, default: &'static str) -> Key {
    Key {
        shape: Shape::Either,
        ..text(path, default)
    }
}

impl Key {
    /// What it means, for the file that `config init` writes, the manual and `config explain`. The
    /// keys below it without a text of their own are explained by the same one.
    pub(in crate::config) const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// Lines of TOML with other values than the default.
    pub(in crate::config) const fn examples(self, examples: &'static [&'static str]) -> Self {
        Self { examples, ..self }
    }

    /// What is explained below it, though it is no key.
    pub(in crate::config) const fn note(
        self,
        help: &'static str,
        examples: &'static [&'static str],
    ) -> Self {
        Self {
            note: Some((help, examples)),
            ..self
        }
    }

    /// The default where the node is attached, if it is another one.
    pub(in crate::config) const fn attached(self, attached: &'static str) -> Self {
        Self { attached, ..self }
    }

    /// An operator has to decide it, so `config init` writes the default, and not as a comment.
    pub(in crate::config) const fn written(self) -> Self {
        self.written_as(self.attached)
    }

    /// As [`Key::written`], with another value than the default.
    pub(in crate::config) const fn written_as(self, value: &'static str) -> Self {
        Self {
            written: Some(value),
            ..self
        }
    }

    /// An entry of `[[nodes]]` may have one of its own.
    pub(in crate::config) const fn per_node(self) -> Self {
        Self {
            is_per_node: true,
            ..self
        }
    }

    /// Each entry of its section must have it, as in `example`.
    pub(in crate::config) const fn required(self, example: &'static str) -> Self {
        Self {
            required: Some(example),
            ..self
        }
    }

    /// Where an entry leaves it out, the value of the key `of` counts.
    pub(in crate::config) const fn inherits(self, of: &'static str) -> Self {
        Self {
            inherits: Some(of),
            ..self
        }
    }

    /// Its value is never shown.
    pub(in crate::config) const fn secret(self) -> Self {
        Self {
            is_secret: true,
            ..self
        }
    }

    /// The key of `[[nodes]]` that counts in place of this one, if it is [`Key::per_node`]:
    /// `nodes.chain` of `node.chain`, `nodes.storage.min_free_gb` of `storage.min_free_gb`.
    pub(in crate::config) fn in_node_list(&self) -> Option<Self> {
        if !self.is_per_node {
            return None;
        }
        let name = self.path.strip_prefix("node.").unwrap_or(self.path);
        // A list stays one; any other default is that of the key itself.
        let default = if self.default.starts_with('[') {
            "[]"
        } else {
            ""
        };
        let key = Self {
            shape: self.shape,
            is_secret: self.is_secret,
            // The keys are made once.
            ..text(format!("{NODES}.{name}").leak(), default)
        };
        Some(key.inherits(self.path))
    }
}
