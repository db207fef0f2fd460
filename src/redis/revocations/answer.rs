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

#[cfg(test)]
mod tests {
    use super::*;

    /// A session that ends at 3,900,001 + 3,600,000 ms.
    const ID: &[u8; 21] = b"0123456789abcdef\x04\0\0\x0e\x10";
    const END: u64 = 7_500_001;

    fn value(bytes: &[u8]) -> Value {
        ::redis::parse_redis_value(bytes).unwrap()
    }

    fn bulk(bytes: &[u8]) -> Vec<u8> {
        [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
    }

    fn page(id: &[u8], end: &str) -> Result<Page, Failure> {
        let members = [bulk(id), bulk(end.as_bytes())].concat();
        let answer = [&b"*2\r\n$1\r\n7\r\n*2\r\n"[..], &members].concat();
        Page::of(value(&answer))
    }

    fn entry() -> RevocationEntry {
        read(&[&ID[..], &END.to_be_bytes()].concat()).unwrap()
    }

    #[test]
    fn a_page_has_entries_and_the_next_cursor() {
        let read = page(ID, "7500001").unwrap();
        assert_eq!((&*read.cursor, read.entries), ("7", vec![entry()]));
        let empty = Page::of(value(b"*2\r\n$1\r\n0\r\n*0\r\n")).unwrap();
        assert_eq!((&*empty.cursor, empty.entries.len()), ("0", 0));
    }

    #[test]
    fn an_entry_that_is_none_fails_the_page() {
        for (id, end) in [
            (&b"short"[..], "7500001"),
            (&[0xff; 21], "7500001"),
            (ID, ""),
            (ID, "-1"),
            (ID, "inf"),
            (ID, "7.5e6"),
            (ID, "1"),
            (ID, "99999999999999999999"),
        ] {
            assert_eq!(page(id, end), Err(Failure::Unreadable), "{end}");
        }
    }

    #[test]
    fn changes_are_read_in_both_versions_of_the_protocol() {
        let bytes = bulk(&entry().to_bytes());
        let change = [&b"*1\r\n*2\r\n$3\r\n5-1\r\n*2\r\n$1\r\ne\r\n"[..], &bytes].concat();
        for start in [&b"*1\r\n*2\r\n$1\r\nc\r\n"[..], b"%1\r\n$1\r\nc\r\n"] {
            let changes = Changes::of(value(&[start, &change].concat())).unwrap();
            assert_eq!(changes.entries, [entry()]);
            assert_eq!((changes.count, changes.last.as_deref()), (1, Some("5-1")));
        }
        for nil in [&b"*-1\r\n"[..], b"$-1\r\n", b"_\r\n"] {
            assert_eq!(Changes::of(value(nil)), Ok(Changes::default()));
        }
    }

    #[test]
    fn an_answer_to_another_command_is_none() {
        for answer in [
            &b"+OK\r\n"[..],
            b":1\r\n",
            b"*0\r\n",
            b"*1\r\n:1\r\n",
            b"*1\r\n*2\r\n$1\r\nc\r\n*1\r\n:1\r\n",
            b"*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n",
            b"*2\r\n:0\r\n*0\r\n",
        ] {
            assert!(Page::of(value(answer)).is_err(), "{answer:?}");
            assert!(Changes::of(value(answer)).is_err(), "{answer:?}");
        }
        assert_eq!(exists(&Value::Int(1)), Ok(true));
        assert_eq!(exists(&Value::Okay), Err(UNEXPECTED));
        assert_eq!(position(value(b"*0\r\n")), Ok("0-0".to_owned()));
        assert_eq!(position(Value::Okay), Err(UNEXPECTED));
    }
}
