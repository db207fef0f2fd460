// Certificate-bound tokens (RFC 8705) over TLS: real clients and attackers, and the servers of the
// example mtls: axum on axum-server, axum on hyper, and tonic.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { decodeJwt } from 'jose';

import { check, firstLine, start } from '../harness.mjs';
import { damaged } from './attacks.mjs';
import { newKeyPair } from './certificates.mjs';
import { CLIENTS } from './clients.mjs';
import { AUDIENCE, startProvider } from './provider.mjs';
import { recorded, withCertificate } from './transport.mjs';
import { assertRejected, parseJoined } from './wire.mjs';

const START_LIMIT = 20_000;
const CALL_LIMIT = 10_000;
const SERVING = 1;
const REJECTED = [401, 'Bearer invalid_token'];

/** Writes what the example reads, and returns its options. */
async function newFiles(folder, authority) {
  const { cert, key } = authority.issue('the server');
  const files = { authority: authority.cert, certificate: cert, key };
  const options = Object.entries(files).map(async ([name, text]) => {
    const path = join(folder, `${name}.pem`);
    await writeFile(path, text);
    return [`--${name}`, path];
  });
  return (await Promise.all(options)).flat();
}

/** Starts the example, and returns the URL of each of its servers: { name: url }. */
async function startServers(binary, provider, folder) {
  const options = ['--issuer', provider.issuer, '--audience', AUDIENCE, ...await newFiles(folder, provider.authority)];
  const line = await firstLine(start('the example mtls', binary, options), START_LIMIT);
  return Object.fromEntries([...line.matchAll(/(https:\S+) \(([\w-]+)\)/g)].map(([, url, name]) => [name, url]));
}

/** Returns the certificates: of a client, of the same client renewed, and of an attacker of that name. */
function newCertificates({ authority }) {
  const keyPair = newKeyPair();
  const own = authority.issue('alice', keyPair);
  return { own, renewed: authority.issue('alice', keyPair), attacker: authority.issue('alice') };
}

/** Returns a client that presents the certificate to the provider and to the resource server. */
async function newClient(name, provider, certificate, registration = provider.certificateClient) {
  const { fetch, statuses } = recorded(withCertificate(provider.authority.cert, certificate));
  const metadata = { ...registration, use_mtls_endpoint_aliases: true };
  const client = await CLIENTS[name]({ provider, registration: metadata, fetch });
  statuses.length = 0;
  return { client, statuses };
}

/** Sends the token, if there is one: { status, challenges, text }. */
async function send(provider, url, token, certificate) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(CALL_LIMIT);
  const response = await withCertificate(provider.authority.cert, certificate)(url, { headers, signal });
  const challenges = parseJoined(response.headers.get('www-authenticate') ?? '');
  return { status: response.status, challenges, text: await response.text() };
}

async function checkClients(provider, servers, { own }) {
  for (const name of Object.keys(CLIENTS)) {
    const { client, statuses } = await newClient(name, provider, own);
    const token = await client.fetchToken();
    await check(`${name}: the provider binds the token to the certificate`, () => {
      assert.deepEqual(decodeJwt(token).cnf, { 'x5t#S256': own.thumbprint });
    });
    for (const [server, url] of servers) {
      await check(`${name}, ${server}: a token bound to the client's certificate is accepted, twice`, async () => {
        statuses.length = 0;
        for (const _ of [1, 2]) assert.match((await client.call(`${url}/me`, token)).text, /^hello with-certificate$/);
        assert.deepEqual(statuses, [200, 200]);
      });
    }
  }
}

/** Returns [name, token, certificate] of what an attacker sends, each of which must be rejected. */
function attacks({ token, unbound, certificates: { own, renewed, attacker } }) {
  return [
    ['the token, another certificate', token, attacker],
    ['the token, no certificate', token, undefined],
    ['the token, a renewed certificate of the same key', token, renewed],
    ['an unbound token, any certificate', unbound, attacker],
    ['an unbound token, no certificate', unbound, undefined],
    ['a damaged token, the right certificate', damaged(token), own],
  ];
}

async function checkHttp(provider, servers, facts) {
  const { token, certificates: { own } } = facts;
  for (const [server, url] of servers) {
    for (const [name, sent, certificate] of attacks(facts)) {
      await check(`${server}: ${name}: ${REJECTED.join(', ')}`, async () => {
        assertRejected(await send(provider, `${url}/me`, sent, certificate), REJECTED);
      });
    }
    await check(`${server}: no token: 401, Bearer`, async () => {
      assertRejected(await send(provider, `${url}/me`, undefined, own), [401, 'Bearer']);
    });
    await check(`${server}: after all that, the owner of the certificate is still accepted`, async () => {
      assert.equal((await send(provider, `${url}/me`, token, own)).status, 200);
    });
  }
}

/** Calls the health service over a connection of its own: { answer } or { error }. */
function call(provider, url, token, { cert, key } = {}) {
  const pem = (text) => (text === undefined ? null : Buffer.from(text));
  const tls = credentials.createSsl(pem(provider.authority.cert), pem(key), pem(cert));
  // In TLS, a server has no IP address as its name (RFC 6066 §3).
  const client = new Client(new URL(url).host, tls, { 'grpc.ssl_target_name_override': 'localhost' });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return new Promise((resolve) => {
    const done = (error, answer) => {
      client.close();
      resolve({ error, answer });
    };
    const options = { deadline: Date.now() + CALL_LIMIT };
    const [encode, decode] = [() => Buffer.alloc(0), (bytes) => bytes[1]];
    client.makeUnaryRequest('/grpc.health.v1.Health/Check', encode, decode, null, metadata, options, done);
  });
}

async function checkGrpc(provider, url, facts) {
  await check('tonic: a token bound to the certificate of the connection: SERVING', async () => {
    const { error, answer } = await call(provider, url, facts.token, facts.certificates.own);
    assert.ifError(error);
    assert.equal(answer, SERVING);
  });
  for (const [name, token, certificate] of attacks(facts)) {
    await check(`tonic: ${name}: UNAUTHENTICATED, Bearer invalid_token`, async () => {
      const { error } = await call(provider, url, token, certificate);
      assert.equal(status[error?.code], 'UNAUTHENTICATED', error?.details);
      const challenges = error.metadata.get('www-authenticate').flatMap(parseJoined);
      assertRejected({ status: error.code, challenges }, [error.code, 'Bearer invalid_token']);
    });
  }
}

async function checkServers(binary, folder) {
  const provider = await startProvider({ nonces: false });
  const { tonic, ...http } = await startServers(binary, provider, folder);
  const servers = Object.entries(http);
  const certificates = newCertificates(provider);
  await check('the example mtls starts two servers for HTTP and one for gRPC', () => {
    assert.deepEqual([servers.length, typeof tonic], [2, 'string']);
  });
  await checkClients(provider, servers, certificates);
  const token = await (await newClient('openid-client', provider, certificates.own)).client.fetchToken();
  const unbound = await (await newClient('openid-client', provider, undefined, provider.client)).client.fetchToken();
  const facts = { token, unbound, certificates };
  await checkHttp(provider, servers, facts);
  await checkGrpc(provider, tonic, facts);
  await check('the provider binds no token without a certificate', async () => {
    const { client } = await newClient('openid-client', provider, undefined);
    await assert.rejects(client.fetchToken(), { error: 'invalid_grant' });
  });
}

export async function checkCertificates(binary) {
  const folder = await mkdtemp(join(tmpdir(), 'certificates-'));
  // Also if the test is ended by a signal.
  process.on('exit', () => rmSync(folder, { recursive: true }));
  await checkServers(binary, folder);
}
