//! A key: its path, its default, and how its variable is read.

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
    }
}

/// A key whose variable is read as TOML.
pub(in crate::config) const fn toml(path: &'static str, default: &'static str) -> Key {
    Key {
        shape: Shape::Toml,
        ..text(path, default)
    }
}

/// A key of an entry of `[[nodes]]` that counts in place of the key `of`.
pub(in crate::config) const fn text_of_node(path: &'static str, of: &'static str) -> Key {
    Key {
        inherits: Some(of),
        ..text(path, "")
    }
}

/// As [`text_of_node`], with a variable in TOML.
pub(in crate::config) const fn toml_of_node(path: &'static str, of: &'static str) -> Key {
    Key {
        shape: Shape::Toml,
        ..text_of_node(path, of)
    }
}
