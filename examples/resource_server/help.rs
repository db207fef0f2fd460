//! What `--help` prints.

pub(crate) const HELP: &str = "\
An HTTP and gRPC service that requires JSON Web Tokens. Without --issuer it
starts an issuer of its own and prints commands to try.

usage: resource_server [OPTION]...

  --listen ADDR            listen on this address and port, such as
                           0.0.0.0:8080; port 0 chooses a free port (default:
                           127.0.0.1:8080, or a free port if that is in use)
  --config FILE            take the settings of the layer from this TOML file, as
                           docs/configuration.md describes. Excludes --issuer
                           and the options about tokens, which are settings
                           in the file
  --issuer URL             trust the issuer with this `iss`. Its metadata says
                           where its keys are, unless one of the next three
                           options follows. May be repeated
  --jwks-uri URL           fetch the keys of the preceding issuer from this URL
  --hmac-secret-file PATH  the preceding issuer signs with the secret in this
                           file: HS256, or the HMAC algorithms of --algorithms.
                           In a text file, a newline at the end is not part of
                           the secret. The bytes of the file are the secret:
                           they are not decoded
  --hmac-secret-dir DIR    the preceding issuer signs with the secrets in this
                           directory, one in each file, whose name is the `kid`:
                           HS256, or the HMAC algorithm of --algorithms. They
                           are read again every 10 s and at SIGHUP, so that
                           they can be replaced. The bytes of a file are the
                           secret: they are not decoded
  --audience AUD           require this value in `aud`, for every issuer. May be
                           repeated: one of the values is enough
  --resource URL           describe this service to clients as the resource with
                           this identifier, such as https://api.example.com/mcp
                           (RFC 9728), and require it in `aud`, unless
                           --audience says otherwise (requires --issuer)
  --algorithms LIST        accept only these algorithms, such as RS256,ES256
                           (default: every algorithm with public keys)
  --leeway SECONDS         tolerate this difference between clocks (default:
                           60, at most 3600)
  --token-type TYPE        accept only this `typ`; at+jwt: access tokens of
                           RFC 9068, with all claims that it requires
  --dpop MODE              optional: accept tokens that are bound to a key of
                           the client (DPoP), with a proof in each request;
                           required: accept no others (default: bound tokens
                           are rejected)
  --dpop-nonces            require a nonce of this server in each proof
                           (requires --issuer and --dpop)
  --public-origin URL      proofs are for this URL with the path of the
                           request, such as https://api.example.com behind a
                           proxy. May be repeated (requires --dpop; default:
                           the host of the request, which its sender chooses,
                           with https, or with http on loopback)
  --redis URL              share revocations and used tokens with the other
                           instances, in this Redis. Adds the routes
                           /sign-out, /sign-out-everywhere and /once (requires
                           --issuer)
  --redis-prefix TEXT      the keys in Redis start with this (default:
                           resource_server)
  --redis-sentinel URL     ask this Redis Sentinel for the primary; --redis has
                           the name of the service as its host. May be repeated
  --redis-plain-tcp        allow redis:// beyond loopback, in a network that no
                           attacker can read or change (default: rediss://)
  --on-stale WHAT          what to do while the list of revocations is stale.
                           reject: respond with 503; last-known: use the last
                           known list for a day (default: reject)
  --max-staleness SECONDS  the list is stale if it was last up to date longer
                           ago (default: 30)
  --logout-client ID       accept logouts of this client's users from the
                           issuer, at /backchannel-logout. May be repeated
  --help                   print this text
";
