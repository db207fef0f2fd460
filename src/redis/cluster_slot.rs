//! Which slot of a cluster a key is in, and what a node says of it.

use ::redis::{Arg, Cmd, ServerErrorKind, Value};

/// The number of slots is a power of two.
const LAST_SLOT: u16 = 16_383;

/// Returns the slot of the key of a command.
pub(super) fn slot_of(command: &Cmd) -> Option<u16> {
    let key = key_of(command)?;
    Some(crc16(hash_tag(key)) & LAST_SLOT)
}

/// Returns the first key of a command.
fn key_of(command: &Cmd) -> Option<&[u8]> {
    let mut arguments = command.args_iter().map(|argument| match argument {
        Arg::Simple(argument) => argument,
        _ => b"",
    });
    match arguments.next()? {
        b"SET" | b"EXISTS" | b"XREVRANGE" | b"ZREMRANGEBYSCORE" | b"ZSCAN" => arguments.next(),
        // The script, and the number of its keys.
        b"EVAL" => arguments.nth(2),
        b"XREAD" => {
            arguments.find(|argument| *argument == b"STREAMS")?;
            arguments.next()
        }
        _ => None,
    }
}

/// Returns the part of a key in braces, if it has them: keys with the same are in one slot.
fn hash_tag(key: &[u8]) -> &[u8] {
    let tag = || {
        let start = key.iter().position(|byte| *byte == b'{')?.checked_add(1)?;
        let tag = key.get(start..)?;
        tag.get(..tag.iter().position(|byte| *byte == b'}')?)
    };
    tag().filter(|tag| !tag.is_empty()).unwrap_or(key)
}

/// CRC-16/XMODEM, as the specification of Redis Cluster says.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        let mut crc = crc ^ (u16::from(*byte) << 8);
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
        }
        crc
    })
}

/// The node that has the key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Redirect {
    pub(super) node: (String, u16),
    /// For this command only, which `ASKING` must precede.
    pub(super) is_asking: bool,
}

impl Redirect {
    /// Reads `MOVED` and `ASK`.
    pub(super) fn of(answer: &Value) -> Option<Self> {
        let Value::ServerError(error) = answer else {
            return None;
        };
        let is_asking = match error.kind()? {
            ServerErrorKind::Moved => false,
            ServerErrorKind::Ask => true,
            _ => return None,
        };
        let (_, node) = error.details()?.split_once(' ')?;
        let (host, port) = node.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return None;
        }
        Some(Self {
            node: (host.to_owned(), port.parse().ok()?),
            is_asking,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slot_of_a_key_is_that_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        let slot = |key: &str| slot_of(::redis::cmd("SET").arg(key).arg(1));
        assert_eq!(slot("foo"), Some(12_182));
        assert_eq!(slot("123456789"), Some(12_739));
        assert_eq!(slot_of(::redis::cmd("INFO").arg("memory")), None);
    }

    #[test]
    fn the_key_is_found_in_each_command() {
        let slot = |words: &str| {
            let mut command = Cmd::new();
            words.split(' ').for_each(|word| {
                command.arg(word);
            });
            slot_of(&command)
        };
        for words in [
            "ZSCAN foo 0",
            "XREVRANGE foo + - COUNT 1",
            "EXISTS foo",
            "ZREMRANGEBYSCORE foo 0 1",
            "EVAL script 2 foo bar",
            "XREAD BLOCK 1000 STREAMS foo 0",
        ] {
            assert_eq!(slot(words), Some(12_182), "{words}");
        }
        assert_eq!(slot("PING"), None);
        assert_eq!(slot("XREAD COUNT 1"), None);
    }

    #[test]
    fn keys_with_the_same_tag_are_in_one_slot() {
        for (key, tag) in [
            ("{foo}:a", "foo"),
            ("a{foo}{bar}", "foo"),
            ("{}foo", "{}foo"),
            ("{foo", "{foo"),
            ("foo}", "foo}"),
        ] {
            assert_eq!(hash_tag(key.as_bytes()), tag.as_bytes(), "{key}");
        }
    }

    #[test]
    fn a_redirect_names_a_node() {
        let redirect = |text: &str| {
            let answer = ::redis::parse_redis_value(format!("{text}\r\n").as_bytes());
            Redirect::of(&answer.unwrap())
        };
        let to = |host: &str, port, is_asking| {
            let node = (host.to_owned(), port);
            Some(Redirect { node, is_asking })
        };
        assert_eq!(
            redirect("-MOVED 3999 127.0.0.1:6381"),
            to("127.0.0.1", 6381, false)
        );
        assert_eq!(
            redirect("-ASK 3999 node.example:6381"),
            to("node.example", 6381, true)
        );
        assert_eq!(redirect("-MOVED 1 ::1:6381"), to("::1", 6381, false));
        for text in [
            "-MOVED",
            "-MOVED 1",
            "-MOVED 1 :6381",
            "-MOVED 1 a:70000",
            "-ERR x",
            "+OK",
        ] {
            assert_eq!(redirect(text), None, "{text}");
        }
    }
}
