//! One script, run until it fails. Pure.

use bitcoin::Sequence;
use bitcoin::absolute::LOCK_TIME_THRESHOLD;
use bitcoin::hashes::{Hash, hash160, ripemd160, sha1, sha256, sha256d};
use bitcoinconsensus::{VERIFY_CHECKLOCKTIMEVERIFY, VERIFY_CHECKSEQUENCEVERIFY};

use super::stack::{Stack, is_true, number};
use super::{PUSH_SIZE, ScriptErrorText, ScriptRun};
use crate::chain::coins::MAX_SCRIPT_BYTES;
use crate::chain::sigops::first;

/// Bytes that may be pushed at once.
pub(super) const MAX_ELEMENT_BYTES: usize = 520;
pub(super) const MAX_OPERATIONS: usize = 201;
const MAX_STACK_ITEMS: usize = 1_000;

const BAD_OPCODE: ScriptErrorText = "Opcode missing or not understood";
const UNBALANCED: ScriptErrorText = "Invalid OP_IF construction";
pub(super) const TOO_MANY_OPERATIONS: ScriptErrorText = "Operation limit exceeded";
const UNSATISFIED: ScriptErrorText = "Locktime requirement not satisfied";

pub(super) struct Interpreter<'a> {
    pub(super) run: ScriptRun<'a>,
    pub(super) stack: &'a mut Stack,
    alt_stack: Stack,
    /// Of each `IF` that is open, whether it holds.
    conditions: Vec<bool>,
    pub(super) operations: usize,
    /// The script from the last separator on.
    pub(super) code: &'a [u8],
}

/// Runs the script on `stack`.
pub(super) fn eval(run: ScriptRun<'_>, stack: &mut Stack) -> Result<(), ScriptErrorText> {
    let mut rest = run.script.as_bytes();
    if rest.len() > MAX_SCRIPT_BYTES {
        return Err("Script is too big");
    }
    let alt_stack = Stack::default();
    let mut interpreter = Interpreter {
        run,
        stack,
        alt_stack,
        conditions: Vec::new(),
        operations: 0,
        code: rest,
    };
    while !rest.is_empty() {
        let (opcode, pushed, after) = first(rest).ok_or(BAD_OPCODE)?;
        rest = after;
        interpreter.count(opcode, pushed)?;
        let is_run = interpreter.conditions.iter().all(|holds| *holds);
        match opcode {
            0..=0x4e if is_run => interpreter.stack.push(pushed.to_vec()),
            0xab if is_run => interpreter.code = rest,
            0x63..=0x68 => interpreter.conditional(opcode, is_run)?,
            0x4f.. if is_run => interpreter.step(opcode)?,
            _ => {}
        }
        if interpreter.stack.len() + interpreter.alt_stack.len() > MAX_STACK_ITEMS {
            return Err("Stack size limit exceeded");
        }
    }
    if interpreter.conditions.is_empty() {
        Ok(())
    } else {
        Err(UNBALANCED)
    }
}

impl Interpreter<'_> {
    /// What is looked at also where nothing is run.
    fn count(&mut self, opcode: u8, pushed: &[u8]) -> Result<(), ScriptErrorText> {
        if pushed.len() > MAX_ELEMENT_BYTES {
            return Err(PUSH_SIZE);
        }
        self.operations += usize::from(opcode > 0x60);
        if self.operations > MAX_OPERATIONS {
            return Err(TOO_MANY_OPERATIONS);
        }
        let is_disabled = matches!(opcode, 0x7e..=0x81 | 0x83..=0x86 | 0x8d | 0x8e | 0x95..=0x99);
        if is_disabled {
            Err("Attempted to use a disabled opcode")
        } else {
            Ok(())
        }
    }

    fn conditional(&mut self, opcode: u8, is_run: bool) -> Result<(), ScriptErrorText> {
        match opcode {
            0x63 | 0x64 => {
                let holds = is_run && is_true(&self.stack.pop()?) == (opcode == 0x63);
                self.conditions.push(holds);
            }
            0x67 => {
                let last = self.conditions.last_mut().ok_or(UNBALANCED)?;
                *last = !*last;
            }
            0x68 => {
                self.conditions.pop().ok_or(UNBALANCED)?;
            }
            _ => return Err(BAD_OPCODE),
        }
        Ok(())
    }

    fn step(&mut self, opcode: u8) -> Result<(), ScriptErrorText> {
        match opcode {
            0x4f => self.stack.push_number(-1),
            0x51..=0x60 => self.stack.push_number(i64::from(opcode) - 0x50),
            0x69 => self.verify("Script failed an OP_VERIFY operation")?,
            0x6a => return Err("OP_RETURN was encountered"),
            0x6b => {
                let item = self.stack.pop()?;
                self.alt_stack.push(item);
            }
            0x6c => {
                let item = self
                    .alt_stack
                    .pop()
                    .map_err(|_| "Operation not valid with the current altstack size")?;
                self.stack.push(item);
            }
            0x6d..=0x82 => self.rearrange(opcode)?,
            0x87 | 0x88 => {
                let one = self.stack.pop()?;
                let other = self.stack.pop()?;
                self.stack.push_flag(one == other);
                self.verify_if(opcode == 0x88, "Script failed an OP_EQUALVERIFY operation")?;
            }
            0x8b..=0x92 => self.unary(opcode)?,
            0x93..=0xa4 => self.binary(opcode)?,
            0xa5 => {
                self.stack.top(3)?;
                let most = self.stack.pop_number()?;
                let least = self.stack.pop_number()?;
                let at = self.stack.pop_number()?;
                self.stack.push_flag((least..most).contains(&at));
            }
            0xa6..=0xaa => self.hash(opcode)?,
            0xac | 0xad => self.check_signature(opcode == 0xad)?,
            0xae | 0xaf => self.check_multisig(opcode == 0xaf)?,
            0xb1 if self.run.spend.has(VERIFY_CHECKLOCKTIMEVERIFY) => self.lock_time()?,
            0xb2 if self.run.spend.has(VERIFY_CHECKSEQUENCEVERIFY) => self.sequence()?,
            0x61 | 0xb0..=0xb9 => {}
            _ => return Err(BAD_OPCODE),
        }
        Ok(())
    }

    /// Takes the top, which must be true.
    fn verify(&mut self, why: ScriptErrorText) -> Result<(), ScriptErrorText> {
        if !is_true(self.stack.top(1)?) {
            return Err(why);
        }
        self.stack.pop().map(drop)
    }

    pub(super) fn verify_if(
        &mut self,
        is_verify: bool,
        why: ScriptErrorText,
    ) -> Result<(), ScriptErrorText> {
        if is_verify { self.verify(why) } else { Ok(()) }
    }

    fn rearrange(&mut self, opcode: u8) -> Result<(), ScriptErrorText> {
        let stack = &mut *self.stack;
        let depth = stack.len();
        match opcode {
            0x6d => {
                stack.top(2)?;
                stack.pop()?;
                stack.pop()?;
            }
            0x6e => (0..2).try_for_each(|_| stack.copy(2))?,
            0x6f => (0..3).try_for_each(|_| stack.copy(3))?,
            0x70 => (0..2).try_for_each(|_| stack.copy(4))?,
            0x71 => (0..2).try_for_each(|_| stack.raise(6))?,
            0x72 => (0..2).try_for_each(|_| stack.raise(4))?,
            0x73 => {
                if is_true(stack.top(1)?) {
                    stack.copy(1)?;
                }
            }
            0x74 => stack.push_number(i64::try_from(depth).unwrap_or(i64::MAX)),
            0x75 => drop(stack.pop()?),
            0x76 => stack.copy(1)?,
            0x77 => drop(stack.take(2)?),
            0x78 => stack.copy(2)?,
            0x79 | 0x7a => {
                stack.top(2)?;
                let place = usize::try_from(stack.pop_number()?)
                    .unwrap_or(usize::MAX)
                    .saturating_add(1);
                if opcode == 0x79 {
                    stack.copy(place)?;
                } else {
                    stack.raise(place)?;
                }
            }
            0x7b => stack.raise(3)?,
            0x7c => stack.raise(2)?,
            0x7d => {
                stack.raise(2)?;
                stack.copy(2)?;
            }
            0x82 => {
                let length = stack.top(1)?.len();
                stack.push_number(i64::try_from(length).unwrap_or(i64::MAX));
            }
            _ => return Err(BAD_OPCODE),
        }
        Ok(())
    }

    fn unary(&mut self, opcode: u8) -> Result<(), ScriptErrorText> {
        if matches!(opcode, 0x8d | 0x8e) {
            return Err(BAD_OPCODE);
        }
        let number = self.stack.pop_number()?;
        self.stack.push_number(match opcode {
            0x8b => number + 1,
            0x8c => number - 1,
            0x8f => -number,
            0x90 => number.abs(),
            0x91 => i64::from(number == 0),
            _ => i64::from(number != 0),
        });
        Ok(())
    }

    fn binary(&mut self, opcode: u8) -> Result<(), ScriptErrorText> {
        self.stack.top(2)?;
        let right = number(self.stack.top(1)?, 4);
        let left = number(self.stack.top(2)?, 4);
        let left = left?;
        let right = right?;
        self.stack.pop()?;
        self.stack.pop()?;
        self.stack.push_number(match opcode {
            0x93 => left + right,
            0x94 => left - right,
            0x9a => i64::from(left != 0 && right != 0),
            0x9b => i64::from(left != 0 || right != 0),
            0x9c | 0x9d => i64::from(left == right),
            0x9e => i64::from(left != right),
            0x9f => i64::from(left < right),
            0xa0 => i64::from(left > right),
            0xa1 => i64::from(left <= right),
            0xa2 => i64::from(left >= right),
            0xa3 => left.min(right),
            _ => left.max(right),
        });
        self.verify_if(
            opcode == 0x9d,
            "Script failed an OP_NUMEQUALVERIFY operation",
        )
    }

    fn hash(&mut self, opcode: u8) -> Result<(), ScriptErrorText> {
        let item = self.stack.pop()?;
        self.stack.push(match opcode {
            0xa6 => ripemd160::Hash::hash(&item).as_byte_array().to_vec(),
            0xa7 => sha1::Hash::hash(&item).as_byte_array().to_vec(),
            0xa8 => sha256::Hash::hash(&item).as_byte_array().to_vec(),
            0xa9 => hash160::Hash::hash(&item).as_byte_array().to_vec(),
            _ => sha256d::Hash::hash(&item).as_byte_array().to_vec(),
        });
        Ok(())
    }

    fn lock_time(&mut self) -> Result<(), ScriptErrorText> {
        let wanted = locked_until(self.stack)?;
        let own_lock = i64::from(self.run.spend.tx.lock_time.to_consensus_u32());
        let is_height = |lock: i64| lock < i64::from(LOCK_TIME_THRESHOLD);
        let is_open = is_height(wanted) == is_height(own_lock) && wanted <= own_lock;
        if is_open && self.own_sequence() != Sequence::MAX {
            Ok(())
        } else {
            Err(UNSATISFIED)
        }
    }

    fn sequence(&mut self) -> Result<(), ScriptErrorText> {
        const DISABLED: i64 = 1 << 31;
        const IS_TIME: i64 = 1 << 22;
        const MASK: i64 = IS_TIME | 0xffff;
        let wanted = locked_until(self.stack)?;
        if wanted & DISABLED != 0 {
            return Ok(());
        }
        let own = self.own_sequence();
        let wanted = wanted & MASK;
        let own_lock = i64::from(own.to_consensus_u32()) & MASK;
        let is_same_kind = (wanted < IS_TIME) == (own_lock < IS_TIME);
        let has_locks =
            self.run.spend.tx.version.0.cast_unsigned() >= 2 && own.is_relative_lock_time();
        if has_locks && is_same_kind && wanted <= own_lock {
            Ok(())
        } else {
            Err(UNSATISFIED)
        }
    }

    fn own_sequence(&self) -> Sequence {
        self.run
            .spend
            .tx
            .input
            .get(self.run.spend.input)
            .map_or(Sequence::MAX, |input| input.sequence)
    }
}

/// The lock on top of the stack, which stays there.
fn locked_until(stack: &Stack) -> Result<i64, ScriptErrorText> {
    let lock = number(stack.top(1)?, 5)?;
    if lock < 0 {
        Err("Negative locktime")
    } else {
        Ok(lock)
    }
}
