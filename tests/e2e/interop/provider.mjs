// An OpenID provider on loopback for the interop test: npm's `oidc-provider`.
//
// It issues JWT access tokens (RFC 9068) by the client_credentials grant. There is one client for
// each signature algorithm; the `resource` parameter of the token request chooses the audience. All
// keys and client secrets are generated at the start and never stored.
//
//   node provider.mjs [--port N] [--admin-port N] [--max-age SECONDS] [--resource URL]...
//
// When it is ready, it prints one line of JSON:
//   { issuer, admin, resources, clients: [{ alg, client_id, client_secret }] }
//
// The admin URL has:
//   GET /stats
//     Returns { generation, jwksFetches, discoveryFetches, kids }.
//   POST /rotate?mode=overlap|hard[&bare=1]
//     Generates new keys for all algorithms, which sign from then on. `overlap` keeps publishing
//     the old keys, `hard` removes them. With `bare`, the new keys have no `alg` member (but
//     oidc-provider adds it to EC keys).

import { generateKeyPair, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs, promisify } from 'node:util';

import { errors, Provider } from 'oidc-provider';

const SCOPE = 'api:read';
const TOKEN_LIFETIME = 300;

/** How a key pair for each algorithm is generated. */
const KEY_KINDS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
  EdDSA: ['ed25519', {}],
};
const ALGORITHMS = Object.keys(KEY_KINDS);

/** Claims of JSON types that the standard ones do not have, so that a lossy copy is noticed. */
const EXTRA_CLAIMS = {
  tenant: 'Zoë & Søn "日本"',
  roles: ['reader', 'writer'],
  limits: { daily: 9007199254740991, ratio: 0.5, unlimited: false, note: null, nested: [[], {}, [1, 'two']] },
};

const generate = promisify(generateKeyPair);

async function newKey(alg, generation, bare) {
  const [type, options] = KEY_KINDS[alg];
  const { privateKey } = await generate(type, options);
  const jwk = privateKey.export({ format: 'jwk' });
  const kid = `${alg.toLowerCase()}-${generation}-${randomBytes(6).toString('hex')}`;
  return { ...jwk, kid, use: 'sig', ...(bare ? {} : { alg }) };
}

/** Generates a private JWK for each algorithm: { RS256: jwk, ... }. */
async function newKeys(generation, bare) {
  const keys = await Promise.all(ALGORITHMS.map((alg) => newKey(alg, generation, bare)));
  return Object.fromEntries(ALGORITHMS.map((alg, i) => [alg, keys[i]]));
}

function newClient(alg) {
  return { alg, client_id: `client-${alg.toLowerCase()}`, client_secret: randomBytes(32).toString('base64url') };
}

function newProvider({ issuer, clients, resources, signing, retired }) {
  const algorithmOf = Object.fromEntries(clients.map((client) => [client.client_id, client.alg]));
  const provider = new Provider(issuer, {
    jwks: { keys: [...Object.values(signing), ...retired] },
    clients: clients.map(({ client_id, client_secret }) => ({
      client_id,
      client_secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope: SCOPE,
    })),
    scopes: [SCOPE],
    extraTokenClaims: () => EXTRA_CLAIMS,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_ctx, resource, client) {
          if (!resources.includes(resource)) throw new errors.InvalidTarget();
          const alg = algorithmOf[client.clientId];
          return {
            audience: resource,
            scope: SCOPE,
            accessTokenFormat: 'jwt',
            accessTokenTTL: TOKEN_LIFETIME,
            jwt: { sign: { alg, kid: signing[alg].kid } },
          };
        },
      },
    },
  });
  provider.on('server_error', (_ctx, error) => console.error(error));
  return provider;
}

/**
 * The state of both servers. A rotation puts a new provider, with the new keys, behind the same
 * URL.
 */
class RotatingProvider {
  stats = { jwksFetches: 0, discoveryFetches: 0 };

  #settings;
  #maxAge;
  #generation = 0;
  #signing = {};
  #retired = [];
  #callback;

  constructor(settings, maxAge) {
    this.#settings = settings;
    this.#maxAge = maxAge;
  }

  async rotate({ keepOld, bare }) {
    const signing = await newKeys(this.#generation + 1, bare);
    this.#retired = keepOld ? [...Object.values(this.#signing), ...this.#retired] : [];
    this.#signing = signing;
    this.#generation += 1;
    this.#callback = newProvider({ ...this.#settings, signing, retired: this.#retired }).callback();
  }

  report() {
    const kids = [...Object.values(this.#signing), ...this.#retired].map((key) => key.kid);
    return { generation: this.#generation, ...this.stats, kids };
  }

  handle(request, response) {
    const { pathname } = new URL(request.url, this.#settings.issuer);
    const cached = { '/jwks': 'jwksFetches', '/.well-known/openid-configuration': 'discoveryFetches' }[pathname];
    if (cached) {
      this.stats[cached] += 1;
      response.setHeader('Cache-Control', `public, max-age=${this.#maxAge}`);
    }
    this.#callback(request, response);
  }
}

function answer(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

async function administer(rotating, request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://admin');
  const mode = searchParams.get('mode');
  if (request.method === 'GET' && pathname === '/stats') {
    answer(response, 200, rotating.report());
  } else if (request.method === 'POST' && pathname === '/rotate' && ['overlap', 'hard'].includes(mode)) {
    await rotating.rotate({ keepOld: mode === 'overlap', bare: searchParams.get('bare') === '1' });
    answer(response, 200, rotating.report());
  } else {
    answer(response, 404, { error: 'not found' });
  }
}

/** Listens on loopback and returns the origin. */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  });
}

function number(name, text, max) {
  if (!/^\d+$/.test(text) || Number(text) > max) throw new Error(`--${name}: not a number up to ${max}: ${text}`);
  return Number(text);
}

async function main() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'admin-port': { type: 'string', default: '0' },
      'max-age': { type: 'string', default: '1' },
      resource: { type: 'string', multiple: true, default: ['https://api.example', 'https://other.example'] },
    },
  });
  // Standard output is for the line of JSON, so oidc-provider's notices go to standard error.
  console.info = console.error;
  const server = createServer();
  const issuer = await listen(server, number('port', values.port, 65535));
  const clients = ALGORITHMS.map(newClient);
  const resources = values.resource;
  const rotating = new RotatingProvider({ issuer, clients, resources }, number('max-age', values['max-age'], 86400));
  await rotating.rotate({ keepOld: false, bare: false });
  server.on('request', (request, response) => rotating.handle(request, response));

  const adminServer = createServer((request, response) => {
    administer(rotating, request, response).catch((error) => answer(response, 500, { error: error.message }));
  });
  const admin = await listen(adminServer, number('admin-port', values['admin-port'], 65535));
  console.log(JSON.stringify({ issuer, admin, resources, clients }));
}

main().catch((error) => {
  console.error(`provider.mjs: ${error.message}`);
  process.exit(1);
});
