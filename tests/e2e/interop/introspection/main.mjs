// Interop test: the example introspection asks npm's `oidc-provider` about opaque tokens, over real
// HTTP. The provider runs in this process, and is stopped, stalled and started again.
//
//   node introspection.mjs PATH-OF-INTROSPECTION
//
// Prints a line for each check, and at the end `N passed, N failed`. The exit code is 0 if none
// failed. `introspection.sh` installs and builds what this requires, then runs it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { errors, Provider } from 'oidc-provider';

import { check, firstLine, get, request, runAll, start } from './harness.mjs';

const TIME_LIMIT = 60_000;
const START_LIMIT = 20_000;
const AUDIENCE = 'https://api.example';
const OTHER_AUDIENCE = 'https://other.example';
const SCOPE = 'api:read';
// The example's cache, in seconds.
const TTL = 1;

// Secrets with characters that Basic credentials must encode (RFC 6749 §2.3.1).
const secret = (text) => `${text}:%+&= ${randomBytes(32).toString('base64url')}`;
const client = { client_id: 'client', client_secret: secret('client') };
const api = { client_id: 'orders:api', client_secret: secret('api') };
const signedApi = { client_id: 'signed-api', client_secret: secret('signed') };

function newProvider(issuer) {
  const shared = { redirect_uris: [], response_types: [], scope: SCOPE };
  return new Provider(issuer, {
    clients: [
      { ...client, ...shared, grant_types: ['client_credentials'] },
      { ...api, ...shared, grant_types: [], introspection_endpoint_auth_method: 'client_secret_basic' },
      { ...signedApi, ...shared, grant_types: [], introspection_signed_response_alg: 'RS256' },
    ],
    scopes: [SCOPE],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, asking) => [api, signedApi].some(({ client_id }) => client_id === asking.clientId),
      },
      jwtIntrospection: { enabled: true },
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
}

/** A provider whose introspection is counted, and can be replaced by a fault. */
class FaultyProvider {
  questions = [];
  fault = undefined;

  async listen() {
    this.server = createServer((incoming, outgoing) => this.handle(incoming, outgoing));
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    this.issuer = `http://127.0.0.1:${this.port}`;
    this.callback = newProvider(this.issuer).callback();
  }

  handle(incoming, outgoing) {
    if (incoming.url.startsWith('/token/introspection')) {
      this.questions.push({ url: incoming.url, method: incoming.method, headers: incoming.headers });
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
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  }
}

const basic = ({ client_id, client_secret }) => {
  const encoded = (text) => new URLSearchParams({ text }).toString().slice('text='.length);
  return `Basic ${Buffer.from(`${encoded(client_id)}:${encoded(client_secret)}`).toString('base64')}`;
};

async function post(url, form) {
  const { status, text } = await request(url, {
    method: 'POST',
    headers: { Authorization: basic(client) },
    body: new URLSearchParams(form),
  });
  assert.equal(status, 200, `${url}: ${status} ${text}`);
  return text;
}

async function fetchToken({ issuer }, resource = AUDIENCE) {
  const form = { grant_type: 'client_credentials', scope: SCOPE, resource };
  return JSON.parse(await post(`${issuer}/token`, form)).access_token;
}

async function startExample(binary, { issuer }, credentials, ...options) {
  process.env.CLIENT_SECRET = credentials.client_secret;
  const child = start('introspection', binary, [issuer, AUDIENCE, credentials.client_id, '127.0.0.1:0', `${TTL}`, ...options]);
  delete process.env.CLIENT_SECRET;
  const line = await firstLine(child, START_LIMIT);
  return { child, url: line.replace('listening on ', '') };
}

async function me({ url }, token) {
  return get(`${url}/me`, token);
}

async function expectStatus(server, token, status) {
  const response = await me(server, token);
  assert.equal(response.status, status, response.text);
  if (status === 503) assert.match(response.retryAfter, /^\d+$/);
  return response;
}

async function health({ url }) {
  return JSON.parse((await get(`${url}/health`)).text)[0];
}

const expired = () => sleep(TTL * 1000 + 100);

async function scenario() {
  console.info = console.error;
  console.warn = console.error;
  const provider = new FaultyProvider();
  await provider.listen();
  const binary = process.argv[2];
  const server = await startExample(binary, provider, api);
  const token = await fetchToken(provider);

  await check('the token is opaque', () => assert.equal(token.split('.').length, 1));
  await check('an active token is accepted with its claims', async () => {
    const { text } = await expectStatus(server, token, 200);
    assert.equal(text, `client ${SCOPE}`);
  });
  await check('the token is in no URL, and the question is a POST', () => {
    const [{ url, method, headers }] = provider.questions;
    assert.deepEqual([url, method, headers.accept], ['/token/introspection', 'POST', 'application/json']);
  });
  await check('the answer is cached', async () => {
    const before = provider.questions.length;
    await expired();
    for (let i = 0; i < 5; i += 1) await expectStatus(server, token, 200);
    assert.equal(provider.questions.length - before, 1);
  });
  await check('many requests with one token ask once', async () => {
    const fresh = await fetchToken(provider);
    const before = provider.questions.length;
    const responses = await Promise.all(Array.from({ length: 50 }, () => me(server, fresh)));
    assert.ok(responses.every(({ status }) => status === 200));
    assert.equal(provider.questions.length - before, 1);
  });
  await check('a made-up token is rejected, and no reason is told', async () => {
    const response = await expectStatus(server, randomBytes(32).toString('base64url'), 401);
    assert.match(response.challenge, /error="invalid_token".*is not active/);
  });
  await check('a token for another audience is rejected', async () => {
    await expectStatus(server, await fetchToken(provider, OTHER_AUDIENCE), 401);
  });
  await check('a JWT is not introspected', async () => {
    const before = provider.questions.length;
    await expectStatus(server, 'eyJhbGciOiJub25lIn0.e30.c2ln', 401);
    assert.equal(provider.questions.length, before);
  });
  await check('a request without a token is rejected', () => expectStatus(server, undefined, 401));
  await check('a revoked token is rejected when its answer is no longer cached', async () => {
    const revoked = await fetchToken(provider);
    await expectStatus(server, revoked, 200);
    await post(`${provider.issuer}/token/revocation`, { token: revoked });
    await expired();
    await expectStatus(server, revoked, 401);
  });

  const faults = {
    'an error page': (outgoing) => outgoing.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>'),
    'a 500': (outgoing) => outgoing.writeHead(500).end('{"active":true}'),
    'a redirect': (outgoing) => outgoing.writeHead(307, { Location: '/elsewhere' }).end(),
    'a huge answer': (outgoing) => outgoing.writeHead(200).end(`{"active":true,"x":"${'x'.repeat(2 << 20)}"}`),
    'a reset': (outgoing) => outgoing.destroy(),
    'no answer': () => {},
    'an answer that never ends': (outgoing) => {
      outgoing.writeHead(200).write('{"active":true,');
      const dripping = setInterval(() => outgoing.write(' '), 50);
      outgoing.on('close', () => clearInterval(dripping));
    },
    'a compressed answer': (outgoing) => {
      outgoing.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(200 << 20, '0')));
    },
  };
  for (const [name, fault] of Object.entries(faults)) {
    await check(`${name} is 503, and the next answer counts`, async () => {
      await expired();
      provider.fault = fault;
      await expectStatus(server, token, 503);
      provider.fault = undefined;
      await expectStatus(server, token, 200);
    });
  }
  await check('while the provider is down, requests get 503 at once, and 200 after its return', async () => {
    await expired();
    await provider.stop();
    for (let i = 0; i < 20; i += 1) await expectStatus(server, token, 503);
    const { serving, introspection } = await health(server);
    assert.deepEqual([serving, introspection.available], [false, false]);
    await provider.restart();
    await sleep(1200);
    await expectStatus(server, token, 200);
    assert.equal((await health(server)).serving, true);
  });
  await check('signed answers are required and verified (RFC 9701)', async () => {
    const before = provider.questions.length;
    const strict = await startExample(binary, provider, signedApi, 'signed');
    const { text } = await expectStatus(strict, token, 200);
    assert.equal(text, `client ${SCOPE}`);
    const { headers } = provider.questions[before];
    assert.equal(headers.accept, 'application/token-introspection+jwt');
    await expectStatus(strict, randomBytes(32).toString('base64url'), 401);
    await expired();
    provider.fault = (outgoing) => outgoing.writeHead(200, { 'Content-Type': 'application/json' }).end('{"active":true}');
    await expectStatus(strict, token, 503);
    provider.fault = undefined;
  });
  await check('a signed answer for another client is not accepted, nor one that was not asked for', async () => {
    // The provider signs for the client that has asked: the answer is played to another one.
    const answer = await fetch(`${provider.issuer}/token/introspection`, {
      method: 'POST',
      headers: { Authorization: basic(signedApi), Accept: 'application/token-introspection+jwt' },
      body: new URLSearchParams({ token }),
    });
    const signed = await answer.text();
    assert.equal(signed.split('.').length, 3);
    const replayed = (outgoing) => outgoing.writeHead(200, { 'Content-Type': 'application/token-introspection+jwt' }).end(signed);
    const other = await startExample(binary, provider, api, 'signed');
    provider.fault = replayed;
    await expectStatus(other, token, 503);
    await expired();
    await expectStatus(server, token, 503);
    provider.fault = undefined;
    await expectStatus(server, signed, 401);
  });
  await check('wrong credentials of the service are 503, an error in the log, and shown in the health', async () => {
    const wrong = await startExample(binary, provider, { ...api, client_secret: 'wrong' });
    await expectStatus(wrong, token, 503);
    assert.equal((await health(wrong)).introspection.denied, true);
    assert.match(wrong.child.stderr, /ERROR.*rejects the credentials/);
  });
  await check('the log has no token and no secret', () => {
    assert.ok(!server.child.stderr.includes(token));
    assert.ok(!server.child.stderr.includes(api.client_secret));
  });
}

await runAll(TIME_LIMIT, scenario);
