//! Which slot of a cluster a key is in, and what a node says of it.

use ::redis::{Arg, Cmd, ServerErrorKind, Value};

/// The number of slots is a power of two.
const LAST_SLOT: u16 = 16_383;

/// Returns the slot of the key of a command, which is its first argument. Our keys have no braces, so
/// all of the key counts.
pub(super) fn slot_of(command: &Cmd) -> Option<u16> {
    let mut arguments = command.args_iter();
    let is_set = matches!(arguments.next(), Some(Arg::Simple(b"SET")));
    match arguments.next() {
        Some(Arg::Simple(key)) if is_set => Some(crc16(key) & LAST_SLOT),
        _ => None,
    }
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
