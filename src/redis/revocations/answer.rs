//! What the answers mean. Both versions of the protocol are read.

use ::redis::Value;

use crate::RevocationEntry;
use crate::redis::failure::Failure;

const UNEXPECTED: Failure = Failure::UnexpectedAnswer;

/// A part of the list.
#[derive(Debug, PartialEq)]
pub(super) struct Page {
    /// `0` after the last one.
    pub(super) cursor: String,
    pub(super) entries: Vec<RevocationEntry>,
}

/// Changes, in their order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    pub(super) count: usize,
    /// The position of the last one.
    pub(super) last: Option<String>,
    pub(super) entries: Vec<RevocationEntry>,
}

impl Page {
    /// Reads the answer to `ZSCAN`.
    pub(super) fn of(answer: Value) -> Result<Self, Failure> {
        let [cursor, members] = pair(answer)?;
        let members = array(members)?;
        let (members, rest) = members.as_chunks();
        if !rest.is_empty() {
            return Err(UNEXPECTED);
        }
        Ok(Self {
            cursor: text(cursor)?,
            entries: members.iter().map(entry_of).collect::<Result<_, _>>()?,
        })
    }
}

impl Changes {
    /// Reads the answer to `XREAD` of one stream.
    pub(super) fn of(answer: Value) -> Result<Self, Failure> {
        let changes = match answer {
            Value::Nil => return Ok(Self::default()),
            Value::Map(streams) => streams.into_iter().next().map(|(_, changes)| changes),
            Value::Array(streams) => {
                let stream = streams.into_iter().next();
                stream.map(pair).transpose()?.map(|[_, changes]| changes)
            }
            _ => return Err(UNEXPECTED),
        };
        let mut read = Self::default();
        for change in array(changes.ok_or(UNEXPECTED)?)? {
            read.push(change)?;
        }
        Ok(read)
    }

    fn push(&mut self, change: Value) -> Result<(), Failure> {
        let [id, fields] = pair(change)?;
        let [_, bytes] = pair(fields)?;
        let bytes = bytes_of(bytes)?;
        let (entries, rest) = bytes.as_chunks::<{ RevocationEntry::LEN }>();
        if entries.is_empty() || !rest.is_empty() {
            return Err(Failure::Unreadable);
        }
        for entry in entries {
            self.entries.push(read(entry)?);
        }
        self.count = self.count.saturating_add(1);
        self.last = Some(text(id)?);
        Ok(())
    }
}

/// The position if there is no change.
pub(super) const NO_CHANGE: &str = "0-0";

/// Reads the answer to `XREVRANGE … COUNT 1`: the position of the change.
pub(super) fn position(answer: Value) -> Result<String, Failure> {
    match array(answer)?.into_iter().next() {
        Some(change) => {
            let [id, _] = pair(change)?;
            text(id)
        }
        None => Ok(NO_CHANGE.to_owned()),
    }
}

/// Reads the answer to `EXISTS`.
pub(super) fn exists(answer: &Value) -> Result<bool, Failure> {
    match answer {
        Value::Int(number) => Ok(*number > 0),
        _ => Err(UNEXPECTED),
    }
}

/// Reads an id and its score, the end.
fn entry_of([id, end]: &[Value; 2]) -> Result<RevocationEntry, Failure> {
    let Value::BulkString(id) = id else {
        return Err(UNEXPECTED);
    };
    let end = match end {
        Value::BulkString(text) => std::str::from_utf8(text).ok(),
        Value::SimpleString(text) => Some(text.as_str()),
        _ => None,
    };
    let end: u64 = end
        .and_then(|end| end.parse().ok())
        .ok_or(Failure::Unreadable)?;
    read(&[&id[..], &end.to_be_bytes()].concat())
}

fn read(bytes: &[u8]) -> Result<RevocationEntry, Failure> {
    RevocationEntry::from_bytes(bytes).ok_or(Failure::Unreadable)
}

fn array(value: Value) -> Result<Vec<Value>, Failure> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(UNEXPECTED),
    }
}

fn pair(value: Value) -> Result<[Value; 2], Failure> {
    array(value)?.try_into().map_err(|_| UNEXPECTED)
}

fn bytes_of(value: Value) -> Result<Vec<u8>, Failure> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.into_bytes()),
        _ => Err(UNEXPECTED),
    }
}

fn text(value: Value) -> Result<String, Failure> {
    String::from_utf8(bytes_of(value)?).map_err(|_| UNEXPECTED)
}
