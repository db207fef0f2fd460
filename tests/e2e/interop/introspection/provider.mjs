// An OpenID provider in this process, with opaque access tokens and with faults: npm's
// `oidc-provider`. It listens on HTTP and, as an alias for clients with a certificate (RFC 8705 §5),
// on HTTPS.

import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

import { errors, Provider } from 'oidc-provider';

import { newAuthority, newKeyPair } from '../bound/certificates.mjs';
import { request } from '../harness.mjs';

export const AUDIENCE = 'https://api.example';
export const OTHER_AUDIENCE = 'https://other.example';
export const SCOPE = 'api:read';
const ENDPOINT = '/token/introspection';

// Secrets with characters that Basic credentials must encode (RFC 6749 §2.3.1).
const secret = (text) => `${text}:%+&= ${randomBytes(32).toString('base64url')}`;
const client = { client_id: 'client', client_secret: secret('client') };
export const api = { client_id: 'orders:api', client_secret: secret('api') };
export const signedApi = { client_id: 'signed-api', client_secret: secret('signed') };

// Clients without a secret, with what each of them authenticates with.
export const authority = newAuthority();
export const signingApi = { client_id: 'signing-api', keyPair: newKeyPair() };
export const certifiedApi = { client_id: 'certified-api', certificate: authority.issue('certified-api') };
export const selfSignedApi = { client_id: 'self-signed-api', certificate: newAuthority('unknown').issue('any name') };

/** Returns how the provider knows the clients that may introspect tokens. */
function apis() {
  const { publicKey } = new X509Certificate(selfSignedApi.certificate.cert);
  const { raw } = new X509Certificate(selfSignedApi.certificate.cert);
  const jwk = (key, more) => ({ ...key.export({ format: 'jwk' }), ...more });
  const signingKey = jwk(signingApi.keyPair.publicKey, { use: 'sig', alg: 'ES256' });
  return [
    api,
    { ...signedApi, introspection_signed_response_alg: 'RS256' },
    { client_id: signingApi.client_id, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [signingKey] } },
    {
      client_id: certifiedApi.client_id,
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=certified-api',
    },
    {
      client_id: selfSignedApi.client_id,
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [jwk(publicKey, { x5c: [raw.toString('base64')] })] },
    },
  ];
}

/** Returns the certificate that the client has presented in the TLS handshake, as oidc-provider wants it. */
function clientCertificate({ socket }) {
  const { raw } = socket.getPeerCertificate?.() ?? {};
  return raw === undefined ? undefined : new X509Certificate(raw);
}

function newProvider(issuer, alias) {
  const shared = { redirect_uris: [], response_types: [], scope: SCOPE };
  const mayAsk = apis();
  const provider = new Provider(issuer, {
    clients: [
      { ...client, ...shared, grant_types: ['client_credentials'] },
      ...mayAsk.map((each) => ({ ...shared, grant_types: [], ...each })),
    ],
    scopes: [SCOPE],
    clientAuthMethods: [
      'client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth',
    ],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256', 'RS256'] },
    discovery: { mtls_endpoint_aliases: { introspection_endpoint: alias } },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, asking) => mayAsk.some(({ client_id }) => client_id === asking.clientId),
      },
      jwtIntrospection: { enabled: true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        selfSignedTlsClientAuth: true,
        getCertificate: clientCertificate,
        certificateAuthorized: ({ socket }) => socket.authorized === true,
        certificateSubjectMatches: (ctx, property, expected) =>
          property === 'tls_client_auth_subject_dn' && clientCertificate(ctx).subject === expected,
      },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_ctx, resource) {
          if (![AUDIENCE, OTHER_AUDIENCE].includes(resource)) throw new errors.InvalidTarget();
          return { audience: resource, scope: SCOPE, accessTokenFormat: 'opaque', accessTokenTTL: 300 };
        },
      },
    },
  });
  provider.on('server_error', (_ctx, error) => console.error(error));
  return provider;
}

async function listen(server, port = 0) {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

/** A provider whose introspection is counted, and can be replaced by a fault. */
export class FaultyProvider {
  questions = [];
  fault = undefined;

  async listen() {
    const handle = (incoming, outgoing) => this.handle(incoming, outgoing);
    this.server = createServer(handle);
    this.port = await listen(this.server);
    this.issuer = `http://127.0.0.1:${this.port}`;
    const options = { ...authority.issue('the provider'), ca: authority.cert, requestCert: true, rejectUnauthorized: false };
    const alias = `https://127.0.0.1:${await listen(createTlsServer(options, handle))}${ENDPOINT}`;
    this.callback = newProvider(this.issuer, alias).callback();
  }

  handle(incoming, outgoing) {
    if (incoming.url.startsWith(ENDPOINT)) {
      const { url, method, headers, socket } = incoming;
      this.questions.push({ url, method, headers, overTls: socket.encrypted === true });
      if (this.fault) {
        this.fault(outgoing);
        return;
      }
    }
    this.callback(incoming, outgoing);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async restart() {
    await listen(this.server, this.port);
  }
}

export const basic = ({ client_id, client_secret }) => {
  const encoded = (text) => new URLSearchParams({ text }).toString().slice('text='.length);
  return `Basic ${Buffer.from(`${encoded(client_id)}:${encoded(client_secret)}`).toString('base64')}`;
};

export async function post(url, form) {
  const { status, text } = await request(url, {
    method: 'POST',
    headers: { Authorization: basic(client) },
    body: new URLSearchParams(form),
  });
  assert.equal(status, 200, `${url}: ${status} ${text}`);
  return text;
}

export async function fetchToken({ issuer }, resource = AUDIENCE) {
  const form = { grant_type: 'client_credentials', scope: SCOPE, resource };
  return JSON.parse(await post(`${issuer}/token`, form)).access_token;
}
