// An OpenID provider on loopback for the interop test of sender-constrained tokens: npm's
// `oidc-provider`, with DPoP and certificate-bound tokens.
//
// It issues JWT access tokens (RFC 9068) by the client_credentials grant. The token endpoint is on
// HTTP and, as an alias for clients with a certificate (RFC 8705 §5), on HTTPS. All keys, secrets
// and certificates are generated at the start and never stored.

import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

import { errors, Provider } from 'oidc-provider';

import { newAuthority } from './certificates.mjs';

export const AUDIENCE = 'https://api.example';
export const SCOPE = 'api:read';
const TOKEN_LIFETIME = 300;
const ALGORITHM = 'ES256';

function newSigningKey() {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: randomBytes(6).toString('hex'), use: 'sig', alg: ALGORITHM };
}

function newClient(client_id, members = {}) {
  return {
    client_id,
    client_secret: randomBytes(32).toString('base64url'),
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: ALGORITHM,
    scope: SCOPE,
    ...members,
  };
}

/** Returns the certificate that the client has presented in the TLS handshake, as oidc-provider wants it. */
function clientCertificate({ socket }) {
  const { raw } = socket.getPeerCertificate?.() ?? {};
  return raw === undefined ? undefined : new X509Certificate(raw);
}

function newProvider({ issuer, tokenAlias, clients, nonces, signing, retired }) {
  const provider = new Provider(issuer, {
    jwks: { keys: [signing, ...retired] },
    clients,
    scopes: [SCOPE],
    ttl: { ClientCredentials: TOKEN_LIFETIME },
    enabledJWA: { dPoPSigningAlgValues: ['ES256', 'ES384', 'Ed25519', 'PS256', 'RS256'] },
    discovery: { mtls_endpoint_aliases: { token_endpoint: tokenAlias } },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => nonces },
      mTLS: { enabled: true, certificateBoundAccessTokens: true, getCertificate: clientCertificate },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_ctx, resource) {
          if (resource !== AUDIENCE) throw new errors.InvalidTarget();
          const jwt = { sign: { alg: ALGORITHM, kid: signing.kid } };
          return { audience: resource, scope: SCOPE, accessTokenFormat: 'jwt', accessTokenTTL: TOKEN_LIFETIME, jwt };
        },
      },
    },
  });
  provider.on('server_error', (_ctx, error) => console.error(error));
  return provider;
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${server.address().port}`;
}

/** A running provider. A rotation puts one with a new key behind the same URLs. */
class RotatingProvider {
  #settings;
  #signing;
  #retired = [];
  #callback;

  constructor(settings) {
    this.#settings = settings;
    this.rotate({ keepOld: false });
  }

  /** Generates the key that signs from now on. The old ones stay published with `keepOld`. */
  rotate({ keepOld }) {
    this.#retired = keepOld ? [this.#signing, ...this.#retired] : [];
    this.#signing = newSigningKey();
    this.#callback = newProvider({ ...this.#settings, signing: this.#signing, retired: this.#retired }).callback();
  }

  handle(request, response) {
    if (request.url === '/jwks') response.setHeader('Cache-Control', 'public, max-age=1');
    this.#callback(request, response);
  }
}

/**
 * Starts a provider, which asks for nonces in proofs if `nonces` is true:
 * { issuer, authority, client, certificateClient, rotate }. The tokens of `client` are bound to
 * the key of the proof, if there is one, those of `certificateClient` to its certificate.
 */
export async function startProvider({ nonces }) {
  // Standard output is for the checks, so oidc-provider's notices go to standard error.
  console.info = console.error;
  const authority = newAuthority();
  const server = createServer();
  const certificate = authority.issue('the provider');
  const tlsServer = createTlsServer({ ...certificate, requestCert: true, rejectUnauthorized: false });
  const issuer = `http://${await listen(server)}`;
  const tokenAlias = `https://${await listen(tlsServer)}/token`;
  const client = newClient('with-proofs');
  const certificateClient = newClient('with-certificate', { tls_client_certificate_bound_access_tokens: true });
  const rotating = new RotatingProvider({ issuer, tokenAlias, clients: [client, certificateClient], nonces });
  for (const each of [server, tlsServer]) each.on('request', (...both) => rotating.handle(...both));
  return { issuer, authority, client, certificateClient, rotate: (options) => rotating.rotate(options) };
}
