//! Runs each printed command, and compares the response with the line above it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

/// A running server, killed when it is dropped.
struct Server {
    child: Child,
    printed: Vec<String>,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_try_it"))
            .arg("127.0.0.1:0")
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = Vec::new();
        for line in lines.map(Result::unwrap) {
            let is_last = line.starts_with("To stop");
            printed.push(line);
            if is_last {
                break;
            }
        }
        Self { child, printed }
    }

    fn url(&self) -> &str {
        self.printed[0].strip_prefix("listening on ").unwrap()
    }

    /// Returns the commands, each with the line above it.
    fn commands(&self) -> Vec<(&str, &str)> {
        let pairs = self.printed.iter().zip(&self.printed[1..]);
        pairs
            .filter_map(|(above, line)| Some((above.strip_prefix("# ")?, line.as_str())))
            .collect()
    }

    /// Stops the server, and returns what it has logged.
    fn stop(mut self) -> String {
        self.child.kill().unwrap();
        let mut log = String::new();
        let stderr = self.child.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command as a shell does, and returns the response: status line, headers and body.
fn run(command: &str) -> String {
    let command = format!("{command} --silent --show-error --max-time 30 --noproxy '*'");
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_printed_command_gives_what_the_line_above_it_says() {
    let server = Server::start();
    let expected = [
        ("the route is open", "this is public"),
        ("a valid token", "\"sub\":\"alice\""),
        ("no token", "www-authenticate: Bearer\r\n"),
        ("an expired token", "error=\"invalid_token\""),
        ("a valid token without the scope", "scope=\"orders:write\""),
        ("a token with that scope", "ordered for alice"),
    ];
    let commands = server.commands();
    assert_eq!(commands.len(), expected.len(), "{commands:?}");
    let mut statuses = Vec::new();
    for ((above, command), (comment, part)) in commands.into_iter().zip(expected) {
        let (status, text) = above.split_once(": ").unwrap();
        assert!(text.starts_with(comment), "{text}");
        assert!(command.starts_with("curl -i "), "{command}");
        let response = run(command);
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{above}: {response}"
        );
        assert!(response.contains(part), "{above}: {response}");
        statuses.push(status.to_owned());
    }
    assert_eq!(statuses, ["200", "200", "401", "401", "403", "200"]);
    let log = server.stop();
    for reason in ["missing_token", "expired", "insufficient_scope"] {
        let is_logged = |line: &str| {
            line.contains("tower_jwt_auth::diagnosis:") && line.contains(&format!("\"{reason}\""))
        };
        assert!(log.lines().any(is_logged), "{reason}: {log}");
    }
}

#[test]
fn the_listed_routes_are_open_or_require_a_token_as_listed() {
    let server = Server::start();
    let routes = |heading: &str| {
        let below = server
            .printed
            .iter()
            .skip_while(|line| !line.starts_with(heading))
            .skip(1);
        let routes = below.take_while(|line| line.starts_with("  "));
        let words = routes.map(|line| {
            let mut words = line.split_whitespace();
            (words.next().unwrap(), words.next().unwrap())
        });
        words.collect::<Vec<_>>()
    };
    let status = |(method, path): &(&str, &str)| {
        let response = run(&format!("curl -i -X {method} {}{path}", server.url()));
        response.split(' ').nth(1).unwrap().to_owned()
    };
    let (open, protected) = (routes("Open routes"), routes("Routes that require"));
    assert_eq!(open, [("GET", "/public")]);
    assert_eq!(protected, [("GET", "/whoami"), ("POST", "/orders")]);
    assert!(open.iter().all(|route| status(route) == "200"));
    assert!(protected.iter().all(|route| status(route) == "401"));
    assert_eq!(status(&("GET", "/nowhere")), "404");
}

#[test]
fn a_free_port_is_used_when_the_default_one_is_taken() {
    // If this fails, the port is in use already.
    let _taken = std::net::TcpListener::bind("127.0.0.1:8080");
    let mut child = Command::new(env!("CARGO_BIN_EXE_try_it"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut first).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        first.starts_with("listening on http://127.0.0.1:"),
        "{first}"
    );
    assert_ne!(first.trim(), "listening on http://127.0.0.1:8080");
}
