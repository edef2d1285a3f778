//! The stack of a script, the numbers on it, and how they come there. Pure.

use super::ScriptErrorText;

const TOO_FEW: ScriptErrorText = "Operation not valid with the current stack size";

/// The shortest way to push `bytes` that does not look into them.
pub(super) fn push(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len().to_le_bytes();
    let (prefix, width): (&[u8], usize) = match bytes.len() {
        0..=0x4b => (&[], 1),
        0x4c..=0xff => (&[0x4c], 1),
        0x100..=0xffff => (&[0x4d], 2),
        _ => (&[0x4e], 4),
    };
    [prefix, length.get(..width).unwrap_or_default(), bytes].concat()
}

/// What is on it, the top last.
#[derive(Clone, Debug, Default)]
pub(super) struct Stack(Vec<Vec<u8>>);

impl Stack {
    pub(super) fn new(items: Vec<Vec<u8>>) -> Self {
        Self(items)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn place(&self, depth: usize) -> Result<usize, ScriptErrorText> {
        self.0
            .len()
            .checked_sub(depth)
            .filter(|_| depth > 0)
            .ok_or(TOO_FEW)
    }

    /// The item at `depth`, 1 for the top.
    pub(super) fn top(&self, depth: usize) -> Result<&Vec<u8>, ScriptErrorText> {
        self.0.get(self.place(depth)?).ok_or(TOO_FEW)
    }

    pub(super) fn push(&mut self, item: Vec<u8>) {
        self.0.push(item);
    }

    pub(super) fn pop(&mut self) -> Result<Vec<u8>, ScriptErrorText> {
        self.0.pop().ok_or(TOO_FEW)
    }

    /// Takes the item at `depth` out.
    pub(super) fn take(&mut self, depth: usize) -> Result<Vec<u8>, ScriptErrorText> {
        let place = self.place(depth)?;
        Ok(self.0.remove(place))
    }

    /// Puts a copy of the item at `depth` on top.
    pub(super) fn copy(&mut self, depth: usize) -> Result<(), ScriptErrorText> {
        let item = self.top(depth)?.clone();
        self.0.push(item);
        Ok(())
    }

    /// Puts the item at `depth` on top.
    pub(super) fn raise(&mut self, depth: usize) -> Result<(), ScriptErrorText> {
        let item = self.take(depth)?;
        self.0.push(item);
        Ok(())
    }

    pub(super) fn pop_number(&mut self) -> Result<i64, ScriptErrorText> {
        number(&self.pop()?, 4)
    }

    pub(super) fn push_number(&mut self, number: i64) {
        self.0.push(encode(number));
    }

    pub(super) fn push_flag(&mut self, flag: bool) {
        self.0.push(if flag { vec![1] } else { Vec::new() });
    }
}

/// Anything but zeros, of which the last may have a sign.
pub(super) fn is_true(item: &[u8]) -> bool {
    const SIGN: u8 = 0x80;
    item.split_last().is_some_and(|(last, rest)| {
        rest.iter().any(|byte| *byte != 0) || !matches!(*last, 0 | SIGN)
    })
}

/// The number in `item`, which has at most `width` bytes: least first, the sign in the last.
pub(super) fn number(item: &[u8], width: usize) -> Result<i64, ScriptErrorText> {
    if item.len() > width {
        return Err("Script number overflowed or is non-minimally encoded");
    }
    let Some((last, rest)) = item.split_last() else {
        return Ok(0);
    };
    let magnitude = rest.iter().rev().fold(i64::from(last & 0x7f), |sum, byte| {
        sum << 8 | i64::from(*byte)
    });
    Ok(if last & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    })
}

fn encode(number: i64) -> Vec<u8> {
    let mut bytes = number.unsigned_abs().to_le_bytes().to_vec();
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    if bytes.last().is_some_and(|last| last & 0x80 != 0) {
        bytes.push(0);
    }
    if let Some(last) = bytes.last_mut().filter(|_| number < 0) {
        *last |= 0x80;
    }
    bytes
}
