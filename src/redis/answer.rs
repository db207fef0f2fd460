//! What the answers of the server mean.

use ::redis::Value;

use super::failure::Failure;

/// Reads the answer to `SET … NX`: whether the key was not there before.
pub(super) fn was_set(answer: Value) -> Result<bool, Failure> {
    match checked(answer)? {
        Value::Okay => Ok(true),
        Value::Nil => Ok(false),
        _ => Err(Failure::UnexpectedAnswer),
    }
}

/// Returns the error that an answer is.
pub(super) fn checked(answer: Value) -> Result<Value, Failure> {
    answer
        .extract_error()
        .map_err(|error| Failure::from(&error))
}

/// The policies of `maxmemory-policy`. An event names one of them, and no text of the server.
const POLICIES: &[&str] = &[
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-lrm",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-lrm",
    "volatile-random",
    "volatile-ttl",
];

/// Reads `maxmemory-policy` in the answer to `INFO memory`.
pub(super) fn eviction_policy(answer: Value) -> Option<&'static str> {
    let text = match answer {
        Value::BulkString(bytes) => String::from_utf8(bytes).ok()?,
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => text,
        _ => return None,
    };
    let value = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("maxmemory_policy:"))?;
    POLICIES.iter().copied().find(|policy| *policy == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what the client makes of bytes of the server.
    fn read(bytes: &str) -> Result<bool, Failure> {
        match ::redis::parse_redis_value(bytes.as_bytes()) {
            Ok(value) => was_set(value),
            Err(error) => Err(Failure::from(&error)),
        }
    }

    #[test]
    fn the_answers_ok_and_nil_say_whether_the_key_is_new() {
        assert_eq!(read("+OK\r\n"), Ok(true));
        assert_eq!(read("$-1\r\n"), Ok(false));
        assert_eq!(read("_\r\n"), Ok(false));
    }

    #[test]
    fn no_other_answer_counts() {
        let answers = [
            "+QUEUED\r\n",
            "+ok\r\n",
            ":1\r\n",
            ":0\r\n",
            "$2\r\nOK\r\n",
            "$0\r\n\r\n",
            "*0\r\n",
            "*1\r\n+OK\r\n",
            "#t\r\n",
            "HTTP/1.1 400 Bad Request\r\n",
        ];
        for answer in answers {
            assert_eq!(read(answer), Err(Failure::UnexpectedAnswer), "{answer:?}");
        }
    }

    #[test]
    fn an_error_of_the_server_is_named() {
        let errors = [
            (
                "-LOADING Redis is loading the dataset in memory",
                Failure::Loading,
            ),
            (
                "-OOM command not allowed when used memory > 'maxmemory'.",
                Failure::OutOfMemory,
            ),
            (
                "-READONLY You can't write against a read only replica.",
                Failure::ReadOnly,
            ),
            ("-NOAUTH Authentication required.", Failure::Credentials),
            (
                "-WRONGPASS invalid username-password pair",
                Failure::Credentials,
            ),
            (
                "-NOPERM User alice has no permissions",
                Failure::Permissions,
            ),
            ("-MOVED 3999 127.0.0.1:6381", Failure::OtherNode),
            ("-ASK 3999 127.0.0.1:6381", Failure::OtherNode),
            ("-CLUSTERDOWN The cluster is down", Failure::Unable),
            ("-MASTERDOWN Link with MASTER is down", Failure::Unable),
            (
                "-MISCONF Redis is configured to save RDB snapshots",
                Failure::Unable,
            ),
            ("-ERR syntax error", Failure::OtherError),
            ("-WRONGTYPE Operation against a key", Failure::WrongType),
        ];
        for (error, failure) in errors {
            assert_eq!(read(&format!("{error}\r\n")), Err(failure), "{error}");
        }
    }

    #[test]
    fn the_eviction_policy_is_one_of_those_that_are_known() {
        let info = |policy| {
            let text = format!("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:{policy}\r\n");
            eviction_policy(Value::BulkString(text.into_bytes()))
        };
        assert_eq!(info("noeviction"), Some("noeviction"));
        assert_eq!(info("allkeys-lru"), Some("allkeys-lru"));
        assert_eq!(info("secret"), None);
        assert_eq!(eviction_policy(Value::Nil), None);
        assert_eq!(
            eviction_policy(Value::BulkString(b"# Memory".to_vec())),
            None
        );
    }
}
