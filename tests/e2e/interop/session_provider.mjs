// An OpenID provider on loopback where users sign in and out: npm's `oidc-provider`, with
// back-channel logout.
//
//   node session_provider.mjs LOGOUT-URI
//
// It issues JWT access tokens (RFC 9068) by the code flow, without a page: whoever `login_hint`
// names is signed in. Each client has the LOGOUT-URI. When it is ready, it prints one line of JSON:
//   { issuer, audience, clients: [{ client_id, client_secret, redirect_uri, has_sid }] }
// The tokens of a client with `has_sid`, and the logout tokens for it, name the session; those of
// the other one name the user alone. All keys and secrets are generated at the start and never
// stored.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { errors, Provider } from 'oidc-provider';

const AUDIENCE = 'https://api.example';
const SCOPE = 'api:read';
const TOKEN_LIFETIME = 300;

function newSigningKey() {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: randomBytes(6).toString('hex'), use: 'sig', alg: 'ES256' };
}

function newClient(client_id, hasSid) {
  const redirect_uri = `https://${client_id}.example/callback`;
  return { client_id, client_secret: randomBytes(32).toString('base64url'), redirect_uri, has_sid: hasSid };
}

/** Keeps everything in memory. oidc-provider's own adapter keeps the last 1,000 entries. */
class Store {
  static #stores = new Map();

  #entries = new Map();
  #byUid = new Map();
  #byGrant = new Map();

  constructor(name) {
    Store.#stores.set(name, this);
  }

  async upsert(id, payload) {
    this.#entries.set(id, payload);
    if (payload.uid) this.#byUid.set(payload.uid, id);
    if (payload.grantId) this.#byGrant.set(payload.grantId, [...this.#byGrant.get(payload.grantId) ?? [], id]);
  }

  async find(id) {
    return this.#entries.get(id);
  }

  async findByUid(uid) {
    return this.find(this.#byUid.get(uid));
  }

  async consume(id) {
    this.#entries.get(id).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    this.#entries.delete(id);
  }

  async revokeByGrantId(grantId) {
    for (const store of Store.#stores.values()) {
      for (const id of store.#byGrant.get(grantId) ?? []) store.#entries.delete(id);
      store.#byGrant.delete(grantId);
    }
  }
}

/** Grants whatever the client asks for. */
async function grant({ oidc }) {
  const existing = oidc.session.grantIdFor(oidc.client.clientId);
  if (existing) return oidc.provider.Grant.find(existing);
  const granted = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  granted.addOIDCScope('openid');
  granted.addResourceScope(AUDIENCE, SCOPE);
  await granted.save();
  return granted;
}

function newProvider(issuer, clients, logoutUri) {
  const provider = new Provider(issuer, {
    adapter: Store,
    jwks: { keys: [newSigningKey()] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clients: clients.map(({ client_id, client_secret, redirect_uri, has_sid }) => ({
      client_id,
      client_secret,
      redirect_uris: [redirect_uri],
      id_token_signed_response_alg: 'ES256',
      backchannel_logout_uri: logoutUri,
      backchannel_logout_session_required: has_sid,
    })),
    scopes: ['openid'],
    extraTokenClaims: (_ctx, { sid }) => (sid === undefined ? {} : { sid }),
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: grant,
    pkce: { required: () => false },
    // By default, it sends nothing to loopback.
    fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource: (ctx, form) => { ctx.body = form; } },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_ctx, resource) {
          if (resource !== AUDIENCE) throw new errors.InvalidTarget();
          return { audience: resource, scope: SCOPE, accessTokenFormat: 'jwt', accessTokenTTL: TOKEN_LIFETIME, jwt: { sign: { alg: 'ES256' } } };
        },
      },
    },
  });
  provider.on('server_error', (_ctx, error) => console.error(error));
  provider.on('backchannel.error', (_ctx, error) => console.error(error.message));
  return provider;
}

/** Signs in the user that the client has named. */
async function interact(provider, request, response) {
  const { params: { login_hint: accountId } } = await provider.interactionDetails(request, response);
  await provider.interactionFinished(request, response, { login: { accountId } });
}

const [logoutUri] = process.argv.slice(2);
// Standard output is for the line of JSON, so oidc-provider's notices go to standard error.
console.info = console.error;
const server = createServer();
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const issuer = `http://127.0.0.1:${server.address().port}`;
const clients = [newClient('with-sid', true), newClient('without-sid', false)];
const provider = newProvider(issuer, clients, logoutUri);
const callback = provider.callback();
server.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    callback(request, response);
    return;
  }
  interact(provider, request, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  });
});
console.log(JSON.stringify({ issuer, audience: AUDIENCE, clients }));
