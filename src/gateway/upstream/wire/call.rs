//! The head of a call to the node.

use crate::gateway::lines::write_line;

/// Writes the head of a call whose body has `length` bytes. `headers` are names with their values;
/// those without a value are left out.
pub(in crate::gateway) fn write_head<'a>(
    to: &mut Vec<u8>,
    path: [&str; 2],
    headers: impl IntoIterator<Item = (&'a str, Option<&'a [u8]>)>,
    length: usize,
) {
    to.extend_from_slice(b"POST ");
    for part in path {
        to.extend_from_slice(part.as_bytes());
    }
    to.extend_from_slice(b" HTTP/1.1\r\n");
    for (name, value) in headers {
        let Some(value) = value else { continue };
        write_line(to, name, value);
    }
    write_line(
        to,
        "Content-Length",
        itoa::Buffer::new().format(length).as_bytes(),
    );
    to.extend_from_slice(b"\r\n");
}
