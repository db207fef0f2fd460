// Interop test: Node's @grpc/grpc-js calls the health service of the resource_server example.
//
//   node node.mjs PATH-OF-RESOURCE-SERVER
//
// Starts its own issuer, and counts the connections that the client opens. Prints a line for each
// check, and at the end `N passed, N failed`. The exit code is 0 if none failed. `../grpc.sh`
// installs and builds what this requires.

import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';

import { Client, Metadata, credentials, status } from '@grpc/grpc-js';

import { check, ended, freePort, get, reachable, runAll, start } from '../harness.mjs';

const TIME_LIMIT = 60_000;
const START_LIMIT = 20_000;
const CALL_LIMIT = 10_000;
const AUDIENCE = 'https://api.example';
const SERVING = 1;
const BROKEN_CHALLENGE = 'Bearer error="invalid_token",error_description=';

/** Starts an issuer with one Ed25519 key: { url, token }. */
async function startIssuer() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'node', alg: 'EdDSA', use: 'sig' };
  const server = createServer((request, response) => {
    const url = `http://${request.headers.host}`;
    const documents = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/jwks` },
      '/jwks': { keys: [jwk] },
    };
    const document = documents[request.url];
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, token: (claims) => mint(privateKey, { iss: url, ...claims }) };
}

function mint(privateKey, claims) {
  const now = Math.floor(Date.now() / 1000);
  const payload = { aud: AUDIENCE, sub: 'alice', iat: now, exp: now + 300, ...claims };
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'EdDSA', typ: 'JWT', kid: 'node' })}.${part(payload)}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** Starts a TCP proxy that counts connections. */
async function startCounter(port) {
  const counter = { connections: 0 };
  const server = createTcpServer((client) => {
    counter.connections += 1;
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => [client, upstream].forEach((s) => s.destroy()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  counter.address = `127.0.0.1:${server.address().port}`;
  return counter;
}

// grpc.health.v1: an empty request means the whole server. The only field of the response is the
// status.
const encode = () => Buffer.alloc(0);
const decode = (bytes) => (bytes.length === 0 ? 0 : bytes[1]);

function bearer(token) {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

const deadline = () => ({ deadline: Date.now() + CALL_LIMIT });

/** Calls `Check`: { answer } or { error }. */
function callCheck(client, token) {
  return new Promise((resolve) => {
    const done = (error, answer) => resolve({ error, answer });
    client.makeUnaryRequest('/grpc.health.v1.Health/Check', encode, decode, null, bearer(token), deadline(), done);
  });
}

/** Calls `Watch` and cancels the stream after its first message: { answer } or { error }. */
function callWatch(client, token) {
  return new Promise((resolve) => {
    const path = '/grpc.health.v1.Health/Watch';
    const stream = client.makeServerStreamRequest(path, encode, decode, null, bearer(token), deadline());
    stream.on('data', (answer) => {
      resolve({ answer });
      stream.cancel();
    });
    stream.on('error', (error) => resolve({ error }));
  });
}

function assertServing({ error, answer }) {
  assert.ifError(error);
  assert.equal(answer, SERVING);
}

function assertRefused({ error }, code, details, metadata) {
  assert.ok(error, 'the call succeeded');
  assert.equal(status[error.code], status[code]);
  assert.equal(error.details, details);
  for (const [name, value] of Object.entries(metadata)) {
    const [found] = error.metadata.get(name);
    if (value instanceof RegExp) assert.match(found ?? 'none', value);
    else assert.equal(found, value);
  }
}

function refusals(issuer, down) {
  const hourAgo = Math.floor(Date.now() / 1000) - 3600;
  const expired = 'the access token has expired';
  const audience = 'the access token is meant for another audience';
  const broken = (why) => ({ 'www-authenticate': `${BROKEN_CHALLENGE}"${why}"` });
  return [
    ['no token', undefined, status.UNAUTHENTICATED, 'the request has no verified access token', { 'www-authenticate': 'Bearer' }],
    ['expired', issuer.token({ exp: hourAgo }), status.UNAUTHENTICATED, expired, broken(expired)],
    ['wrong audience', issuer.token({ aud: 'x' }), status.UNAUTHENTICATED, audience, broken(audience)],
    ['keys unavailable', issuer.token({ iss: down }), status.UNAVAILABLE,
      "the issuer's keys are temporarily unavailable", { 'retry-after': /^[1-9]\d*$/, 'www-authenticate': undefined }],
  ];
}

/** Returns a token of this many bytes, or up to three fewer. */
function tokenOfSize(issuer, bytes) {
  const others = issuer.token({ padding: '' }).length;
  return issuer.token({ padding: 'x'.repeat(Math.floor(((bytes - others) * 3) / 4)) });
}

async function checkSizes(client, issuer) {
  await check('a token near the limit of HTTP/2 headers (15 KiB of 16) is accepted', async () => {
    assertServing(await callCheck(client, tokenOfSize(issuer, 15 * 1024)));
  });
  await check('a token over that limit fails with HTTP 431, and the next call succeeds', async () => {
    const { error } = await callCheck(client, tokenOfSize(issuer, 20 * 1024));
    assert.equal(error?.code, status.UNKNOWN);
    assert.match(error.details, /431/);
    assertServing(await callCheck(client, issuer.token()));
  });
}

async function scenario(binary) {
  const issuer = await startIssuer();
  const down = `http://127.0.0.1:${await freePort()}`;
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  const options = ['--listen', listen, '--issuer', issuer.url, '--issuer', down, '--audience', AUDIENCE];
  const server = start('resource_server', binary, options);
  await reachable(server, `http://${listen}/healthz`, START_LIMIT);
  const counter = await startCounter(port);
  const client = new Client(counter.address, credentials.createInsecure());

  await check('a valid token: SERVING', async () => assertServing(await callCheck(client, issuer.token())));
  await check('a valid token, a stream: SERVING', async () => assertServing(await callWatch(client, issuer.token())));
  for (const [name, token, ...expected] of refusals(issuer, down)) {
    await check(`${name}: status, message and metadata`, async () => {
      assertRefused(await callCheck(client, token), ...expected);
    });
    await check(`${name}, a stream: the same`, async () => assertRefused(await callWatch(client, token), ...expected));
    await check(`${name}: the next call succeeds`, async () => assertServing(await callCheck(client, issuer.token())));
  }
  await checkSizes(client, issuer);
  await check('all calls used one connection', () => assert.equal(counter.connections, 1));
  await check('HTTP/1.1 on the same port: 401 and its challenge', async () => {
    const { status: code, challenge } = await get(`http://${listen}/whoami`);
    assert.deepEqual([code, challenge], [401, 'Bearer']);
  });
  client.close();
  await check('SIGTERM ends the resource server with exit code 0', async () => {
    assert.deepEqual(await ended(server, 'SIGTERM'), { code: 0, signal: null });
  });
}

const [binary, ...rest] = process.argv.slice(2);
if (binary === undefined || rest.length > 0) {
  console.error('usage: node node.mjs PATH-OF-RESOURCE-SERVER');
  process.exit(2);
}
await runAll(TIME_LIMIT, () => scenario(binary));
