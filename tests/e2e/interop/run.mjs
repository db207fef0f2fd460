// Interop test: the examples resource_server and doctor verify tokens of npm's `oidc-provider`, over
// real HTTP.
//
//   node run.mjs PATH-OF-RESOURCE-SERVER PATH-OF-DOCTOR
//
// Prints a line for each check, and at the end `N passed, N failed`. The exit code is 0 if none
// failed. `run.sh` installs and builds what this requires, then runs it.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

import { checkDoctor } from './doctor.mjs';
import { check, ended, firstLine, freePort, get, reachable, request, runAll, start } from './harness.mjs';

const TIME_LIMIT = 120_000;
const START_LIMIT = 20_000;
const AUDIENCE = 'https://api.example';
const OTHER_AUDIENCE = 'https://other.example';
// The first fetch, one for each rotation, and a margin of two.
const JWKS_FETCH_LIMIT = 5;

async function startProvider() {
  const path = fileURLToPath(new URL('provider.mjs', import.meta.url));
  const args = ['--max-age', '1', '--resource', AUDIENCE, '--resource', OTHER_AUDIENCE];
  const child = start('the provider', process.execPath, [path, ...args]);
  return JSON.parse(await firstLine(child, START_LIMIT));
}

async function startResourceServer(binary, options) {
  const listen = `127.0.0.1:${await freePort()}`;
  const child = start('resource_server', binary, ['--listen', listen, ...options]);
  const url = `http://${listen}`;
  await reachable(child, `${url}/healthz`, START_LIMIT);
  return { child, url };
}

async function fetchToken({ issuer }, { client_id, client_secret }, resource = AUDIENCE) {
  const { status, text } = await request(`${issuer}/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'api:read', resource }),
  });
  assert.equal(status, 200, `token request: ${text}`);
  return JSON.parse(text).access_token;
}

/** Fetches a token for each client: [{ alg, token, header, claims }]. */
async function fetchTokens(provider) {
  return Promise.all(provider.clients.map(async (client) => {
    const token = await fetchToken(provider, client);
    const [header, claims] = token.split('.', 2).map(decodePart);
    return { alg: client.alg, token, header, claims };
  }));
}

function decodePart(part) {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
}

async function stats({ admin }) {
  return JSON.parse((await request(`${admin}/stats`)).text);
}

async function rotate({ admin }, query) {
  const { status, text } = await request(`${admin}/rotate?${query}`, { method: 'POST' });
  assert.equal(status, 200, `rotation: ${text}`);
}

/** Changes one character in the middle of the signature. */
function flipSignature(token) {
  const start = token.lastIndexOf('.') + 1;
  const at = start + Math.floor((token.length - start) / 2);
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

function assertProfile({ alg, header, claims }, { issuer }) {
  assert.equal(header.alg, alg);
  assert.equal(header.typ, 'at+jwt');
  assert.equal(typeof header.kid, 'string');
  assert.equal(claims.iss, issuer);
  assert.equal(claims.aud, AUDIENCE);
}

async function assertAccepted(server, { token, claims }) {
  const { status, challenge, text } = await get(`${server.url}/whoami`, token);
  assert.equal(status, 200, `status ${status}, ${challenge}, ${text}`);
  assert.deepEqual(JSON.parse(text), claims);
}

async function assertRefused(server, token) {
  const { status, challenge, text } = await get(`${server.url}/whoami`, token);
  assert.equal(status, 401, `status ${status}, ${challenge}, ${text}`);
  assert.match(challenge ?? 'no challenge', /^Bearer .*error="invalid_token"/);
}

async function checkOpenRoutes(server) {
  await check('/public needs no token', async () => {
    assert.equal((await get(`${server.url}/public`)).status, 200);
  });
  await check('/healthz returns the state of the keys as JSON', async () => {
    const { status, text } = await get(`${server.url}/healthz`);
    assert.equal(status, 200, `status ${status}, ${text}`);
    assert.equal(typeof JSON.parse(text), 'object');
  });
  await check('no token: 401, a Bearer challenge, no error code', async () => {
    const { status, challenge } = await get(`${server.url}/whoami`);
    assert.equal(status, 401);
    assert.match(challenge ?? 'no challenge', /^Bearer\b/);
    assert.doesNotMatch(challenge, /error/);
  });
}

async function checkTokens(provider, server, tokens) {
  for (const entry of tokens) {
    await check(`${entry.alg}: the provider issues an access token by RFC 9068`, () => assertProfile(entry, provider));
    await check(`${entry.alg}: accepted, with all claims`, () => assertAccepted(server, entry));
    await check(`${entry.alg}: changed signature: rejected`, () => assertRefused(server, flipSignature(entry.token)));
  }
  for (const client of provider.clients) {
    await check(`${client.alg}: token for another audience: rejected`, async () => {
      await assertRefused(server, await fetchToken(provider, client, OTHER_AUDIENCE));
    });
  }
}

/** Runs `body`, then checks how many fetches of the key set it has caused. */
async function checkFetches(name, provider, expected, body) {
  const before = (await stats(provider)).jwksFetches;
  const result = await body();
  await check(`${name}: JWKS fetches: ${expected}`, async () => {
    assert.equal((await stats(provider)).jwksFetches - before, expected);
  });
  return result;
}

/**
 * Adds new keys to the old ones. All new tokens are sent at once and may cause one fetch in total.
 */
async function checkOverlap(provider, server, oldTokens) {
  await rotate(provider, 'mode=overlap&bare=1');
  const tokens = await fetchTokens(provider);
  await checkFetches('rotation with overlap', provider, 1, () => Promise.all(tokens.map((entry) => (
    check(`${entry.alg}: new key (overlap): accepted immediately`, () => assertAccepted(server, entry))
  ))));
  for (const entry of oldTokens) {
    await check(`${entry.alg}: old key (overlap): still accepted`, () => assertAccepted(server, entry));
  }
  return tokens;
}

/**
 * Replaces the old keys by new ones. The first unknown key id makes the server fetch the set, which
 * removes the old keys.
 */
async function checkHard(provider, server, oldTokens) {
  await rotate(provider, 'mode=hard');
  const tokens = await fetchTokens(provider);
  await checkFetches('hard rotation', provider, 1, async () => {
    for (const entry of tokens) {
      await check(`${entry.alg}: new key (hard): accepted immediately`, () => assertAccepted(server, entry));
    }
  });
  for (const entry of oldTokens) {
    await check(`${entry.alg}: removed key ${entry.header.kid}: rejected`, () => assertRefused(server, entry.token));
  }
  return tokens;
}

async function checkFetchTotal(provider) {
  const { jwksFetches, discoveryFetches } = await stats(provider);
  await check(`few fetches in total: ${jwksFetches} of the JWKS, ${discoveryFetches} of the discovery document`, () => {
    assert.ok(jwksFetches <= JWKS_FETCH_LIMIT, `more than ${JWKS_FETCH_LIMIT} fetches of the JWKS`);
  });
}

async function checkTermination(server) {
  await check('SIGTERM ends the resource server with exit code 0', async () => {
    assert.deepEqual(await ended(server.child, 'SIGTERM'), { code: 0, signal: null });
  });
}

/** Checks a second server, with a JWKS URL, a list of algorithms and a required token type. */
async function checkStrictServer(binary, provider, tokens) {
  const accepted = ['ES256', 'EdDSA'];
  const server = await startResourceServer(binary, [
    '--issuer', provider.issuer, '--jwks-uri', `${provider.issuer}/jwks`, '--audience', AUDIENCE,
    '--algorithms', accepted.join(','), '--token-type', 'at+jwt',
  ]);
  for (const entry of tokens) {
    if (accepted.includes(entry.alg)) {
      await check(`${entry.alg}: accepted with --token-type at+jwt`, () => assertAccepted(server, entry));
    } else {
      await check(`${entry.alg}: rejected if not in --algorithms`, () => assertRefused(server, entry.token));
    }
  }
  await checkTermination(server);
}

async function checkBadOption(binary, provider, args, word) {
  await check(`bad option ${args.join(' ')}: exit code 2 and a message`, async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const common = ['--listen', listen, '--issuer', provider.issuer, '--audience', AUDIENCE];
    const child = start('resource_server with a bad option', binary, [...common, ...args]);
    assert.deepEqual(await ended(child), { code: 2, signal: null });
    assert.ok(child.stderr.includes(word), `standard error does not name ${word}: ${child.stderr}`);
  });
}

async function scenario(binary, doctor) {
  const provider = await startProvider();
  const server = await startResourceServer(binary, ['--issuer', provider.issuer, '--audience', AUDIENCE]);

  const first = await fetchTokens(provider);
  await checkTokens(provider, server, first);
  await checkOpenRoutes(server);
  const second = await checkOverlap(provider, server, first);
  const third = await checkHard(provider, server, [...first, ...second]);
  await checkFetchTotal(provider);
  await checkTermination(server);

  await checkStrictServer(binary, provider, third);
  await checkBadOption(binary, provider, ['--no-such-option'], '--no-such-option');
  await checkBadOption(binary, provider, ['--algorithms', 'XY999'], 'XY999');
  await checkDoctor(doctor, provider, AUDIENCE, third);
}

const [binary, doctor, ...rest] = process.argv.slice(2);
if (doctor === undefined || rest.length > 0) {
  console.error('usage: node run.mjs PATH-OF-RESOURCE-SERVER PATH-OF-DOCTOR');
  process.exit(2);
}
await runAll(TIME_LIMIT, () => scenario(binary, doctor));
