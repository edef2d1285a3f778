//! How to authenticate at a node, and files with secrets.

use std::path::PathBuf;

use super::scope::NodeScope;
use crate::config::item::Item;
use crate::config::place::Place;
use crate::config::problem::Problem;
use crate::config::reader::{ReadResult, Reader};
use crate::config::redacted::REDACTED;
use crate::config::scalar::{Wrong, text};
use crate::config::schema::{Credentials, NodeKind};
use crate::config::secret_file;
use crate::values::Chain;

/// What else of a node decides about its credentials.
pub(super) struct Around {
    pub(super) kind: Option<NodeKind>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) chain: Option<Chain>,
    /// Secrets may be in files that everyone may read.
    pub(super) may_read: Option<bool>,
}

impl Around {
    /// The cookie that bitcoind writes into its data directory.
    fn cookie(&self) -> Option<PathBuf> {
        let chain = self.chain.unwrap_or(Chain::Main);
        let data_dir = self.data_dir.as_ref()?;
        Some(data_dir.join(chain.subdirectory()).join(".cookie"))
    }
}

/// A user with a password file wins over the cookie; a token is the alternative to both.
///
/// A cookie or a token of an entry wins over the user that all entries have by default.
pub(super) fn read(
    reader: &mut Reader<'_>,
    scope: NodeScope,
    around: &Around,
) -> Option<Credentials> {
    let at = |path| scope.place(path);
    let user_place = at("node.rpc_user");
    let password_place = at("node.rpc_password_file");
    let token_place = at("node.rpc_token_file");
    let cookie_place = at("node.rpc_cookie_file");
    let has_own_user = reader.is_given(user_place) || reader.is_given(password_place);
    let has_own_file = !reader.is_empty(token_place) || !reader.is_empty(cookie_place);
    let token = secret(reader, token_place, around.may_read);
    if matches!(scope, NodeScope::Entry(_)) && has_own_file && !has_own_user {
        return match token? {
            Some(file) => Some(Credentials::TokenFile(file)),
            None => reader.path(cookie_place).map(Credentials::CookieFile),
        };
    }
    let user = reader.optional(user_place, user_name);
    let password = secret(reader, password_place, around.may_read);
    let mut user = user?;
    let mut password = password?;
    let token = token?;
    let is_half = user.is_some() != password.is_some();
    if matches!(scope, NodeScope::Entry(_)) && !has_own_user && is_half {
        // Half of a default is for the entries that have the other half.
        user = None;
        password = None;
    }
    one_of(reader, scope, around, (user, password, token))
}

/// The only way to authenticate that is written; the cookie where none is.
fn one_of(
    reader: &mut Reader<'_>,
    scope: NodeScope,
    around: &Around,
    (user, password, token): (Option<String>, Option<PathBuf>, Option<PathBuf>),
) -> Option<Credentials> {
    match (user, password, token) {
        (Some(user), Some(password_file), None) => Some(Credentials::UserPassword {
            user,
            password_file,
        }),
        (None, None, Some(file)) => Some(Credentials::TokenFile(file)),
        (None, None, None) => cookie(reader, scope, around),
        (_, _, Some(_)) => refuse(
            reader,
            scope.place("node.rpc_token_file"),
            "stands beside rpc_user",
            "keep one of the two",
        ),
        (Some(_), None, None) => refuse(
            reader,
            scope.place("node.rpc_user"),
            "needs a password",
            "name the file that holds it in rpc_password_file",
        ),
        (None, Some(_), None) => refuse(
            reader,
            scope.place("node.rpc_password_file"),
            "needs a user",
            "write rpc_user = \"…\" beside it",
        ),
    }
}

fn cookie(reader: &mut Reader<'_>, scope: NodeScope, around: &Around) -> Option<Credentials> {
    let place = scope.place("node.rpc_cookie_file");
    if let NodeScope::Entry(_) = scope
        && reader.is_empty(place)
    {
        return match around.cookie() {
            Some(cookie) => Some(Credentials::CookieFile(cookie)),
            None => without_credentials(reader, scope),
        };
    }
    if around.kind == Some(NodeKind::Embedded) && !reader.is_changed(place) {
        let data_dir = around.data_dir.as_ref()?;
        return Some(Credentials::CookieFile(data_dir.join(".cookie")));
    }
    reader.path(place).map(Credentials::CookieFile)
}

/// An entry says nothing of credentials, and nothing follows for it.
fn without_credentials(reader: &mut Reader<'_>, scope: NodeScope) -> Option<Credentials> {
    let data_dir = scope.place("node.data_dir");
    if reader.is_torn(data_dir) || reader.is_unreadable(data_dir) {
        return None;
    }
    let message = "has no credentials: the default cookie is not that of a node in [[nodes]]";
    let problem = reader.entry_problem(data_dir, message)?;
    let problem = problem.suggest(
        "write rpc_user and rpc_password_file, or rpc_cookie_file, or the data_dir of a node on \
         this machine",
    );
    reader.refuse(scope.place("node.rpc_cookie_file"), problem);
    None
}

pub(super) fn user_name(item: &Item) -> Result<String, Wrong> {
    let name = text(item)?;
    if !name.contains(':') {
        return Ok(name);
    }
    Err(Wrong::new("must have no colon")
        .suggest("put the password into a file named by rpc_password_file"))
}

fn refuse(
    reader: &mut Reader<'_>,
    place: Place,
    message: &str,
    suggestion: &str,
) -> Option<Credentials> {
    let problem = reader.problem(place, message).suggest(suggestion);
    reader.refuse(place, problem);
    None
}

/// A file with a secret, checked. Somebody may have written the secret itself: what is no path is
/// not shown.
pub(super) fn secret(
    reader: &mut Reader<'_>,
    place: Place,
    may_read: Option<bool>,
) -> ReadResult<Option<PathBuf>> {
    let Some(path) = reader.optional_path(place)? else {
        return Some(None);
    };
    let Err(wrong) = secret_file::check(&path, may_read.unwrap_or(true)) else {
        // The token of the control API is read without what is around it.
        if let Some(oddity) =
            secret_file::oddity(&path).filter(|_| place.path != "rpc.control_token_file")
        {
            let problem = reader
                .problem(
                    place,
                    format!("the file {oddity}, which counts as part of the secret"),
                )
                .warning();
            reader.report(problem.suggest("write the file without it, unless it is meant"));
        }
        return Some(Some(path));
    };
    let mut problem: Problem = wrong.about(reader.problem(place, ""));
    if !path.is_absolute() {
        problem.value = Some(REDACTED.into());
        problem
            .suggestion
            .get_or_insert_with(|| "name the file that holds the secret, not the secret".into());
    }
    reader.refuse(place, problem);
    None
}
