//! A strict parser of challenges (RFC 9110 §11.6.1): one scheme and its parameters, nothing before
//! or after.

/// `scheme name=value, …`, with names in lower case and values without quotes.
#[derive(Debug, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) scheme: String,
    pub(crate) parameters: Vec<(String, String)>,
}

impl Parsed {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Returns `None` if the text is not exactly one challenge, or has a parameter twice (§11.2).
pub(crate) fn parse(text: &[u8]) -> Option<Parsed> {
    let mut reader = Reader(text);
    let scheme = reader.token()?;
    let mut parameters = Vec::new();
    if !reader.0.is_empty() {
        (reader.skip(b" ") > 0).then_some(())?;
        loop {
            parameters.push(reader.parameter()?);
            if reader.0.is_empty() {
                break;
            }
            reader.skip(b" \t");
            reader.byte(b',')?;
            reader.skip(b" \t");
        }
    }
    let twice = parameters
        .iter()
        .enumerate()
        .any(|(position, (name, _))| parameters[..position].iter().any(|(n, _)| n == name));
    (!twice).then_some(Parsed { scheme, parameters })
}

struct Reader<'t>(&'t [u8]);

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self, expected: u8) -> Option<()> {
        (self.next()? == expected).then_some(())
    }

    fn skip(&mut self, set: &[u8]) -> usize {
        let length = self.0.iter().take_while(|byte| set.contains(byte)).count();
        self.0 = &self.0[length..];
        length
    }

    /// §5.6.2
    fn token(&mut self) -> Option<String> {
        let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let (token, rest) = self
            .0
            .split_at(self.0.iter().take_while(|byte| belongs(byte)).count());
        self.0 = rest;
        (!token.is_empty()).then(|| String::from_utf8(token.to_vec()).unwrap())
    }

    /// `auth-param = token BWS "=" BWS ( token / quoted-string )` (§11.2)
    fn parameter(&mut self) -> Option<(String, String)> {
        let name = self.token()?.to_ascii_lowercase();
        self.skip(b" \t");
        self.byte(b'=')?;
        self.skip(b" \t");
        let value = if self.0.first() == Some(&b'"') {
            self.quoted_string()?
        } else {
            self.token()?
        };
        Some((name, value))
    }

    /// §5.6.4, but with ASCII characters only.
    fn quoted_string(&mut self) -> Option<String> {
        self.byte(b'"')?;
        let mut value = String::new();
        loop {
            match self.next()? {
                b'"' => return Some(value),
                b'\\' => value.push(self.next().and_then(text)?),
                byte => value.push(text(byte)?),
            }
        }
    }
}

fn text(byte: u8) -> Option<char> {
    matches!(byte, b'\t' | b' '..=b'~').then_some(char::from(byte))
}
