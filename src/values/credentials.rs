//! How one authenticates at a node: names of files, never what is in them.

use std::fmt;
use std::path::PathBuf;

/// Where the credentials for the node's JSON-RPC are. Files are read when needed, and again on a
/// 401.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// The cookie file that bitcoind writes at each start.
    CookieFile(PathBuf),
    /// A user's name, and a file with the password.
    UserPassword {
        /// The user's name.
        user: String,
        /// The file that holds the password.
        password_file: PathBuf,
    },
    /// A file with a bearer token.
    TokenFile(PathBuf),
}

impl fmt::Display for Credentials {
    /// What a message calls them: `cookie /x/.cookie`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CookieFile(path) => write!(f, "cookie {}", path.display()),
            Self::UserPassword {
                user,
                password_file,
            } => {
                write!(
                    f,
                    "user {user} with the password in {}",
                    password_file.display()
                )
            }
            Self::TokenFile(path) => write!(f, "token {}", path.display()),
        }
    }
}
