// DPoP over gRPC: Node's @grpc/grpc-js calls the health service of the resource_server example. The
// proof is for POST and the URL of the method.

import assert from 'node:assert/strict';

import { Client, credentials, Metadata, status } from '@grpc/grpc-js';

import { check } from '../harness.mjs';
import { attacks } from './attacks.mjs';
import { CLIENTS, newProofKey } from './clients.mjs';
import { authorization, newProof, proofField, withProof } from './proofs.mjs';
import { startProvider } from './provider.mjs';
import { checkTermination, startServer } from './server.mjs';
import { assertRejected, parseJoined } from './wire.mjs';

const METHOD = '/grpc.health.v1.Health/Check';
const STREAM = '/grpc.health.v1.Health/Watch';
const CALL_LIMIT = 10_000;
const SERVING = 1;

// An empty request means the whole server. The only field of the response is the status.
const encode = () => Buffer.alloc(0);
const decode = (bytes) => (bytes.length === 0 ? 0 : bytes[1]);

function metadataOf(fields) {
  const metadata = new Metadata();
  for (const [name, value] of fields) metadata.add(name.toLowerCase(), value);
  return metadata;
}

const deadline = () => ({ deadline: Date.now() + CALL_LIMIT });

/** Calls `Check` with these header fields: { answer } or { error }. */
function callCheck(client, fields) {
  return new Promise((resolve) => {
    const done = (error, answer) => resolve({ error, answer });
    client.makeUnaryRequest(METHOD, encode, decode, null, metadataOf(fields), deadline(), done);
  });
}

/** Calls `Watch` and cancels the stream after its first message: { answer } or { error }. */
function callWatch(client, fields) {
  return new Promise((resolve) => {
    const stream = client.makeServerStreamRequest(STREAM, encode, decode, null, metadataOf(fields), deadline());
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

/** Returns the challenges of an error. */
function challengesOf({ metadata }) {
  return metadata.get('www-authenticate').flatMap(parseJoined);
}

/** Asserts the gRPC status, and the challenges that the same request by HTTP would get. */
function assertStatus({ error }, [, ...challenges]) {
  assert.ok(error, 'the call succeeded');
  assert.equal(status[error.code], 'UNAUTHENTICATED');
  const found = { status: error.code, challenges: challengesOf(error), text: error.details };
  assertRejected(found, [error.code, ...challenges]);
}

/** Calls with a proof, and once more if the server asks for a nonce: { error, answer, nonce, calls }. */
async function callWithNonce(call, client, { owner, token, htu, nonce }) {
  const once = (value) => withProof(owner, token, htu, { htm: 'POST', nonce: value });
  const first = await call(client, await once(nonce));
  const [offered] = first.error?.metadata.get('dpop-nonce') ?? [];
  if (offered === undefined) return { ...first, nonce, calls: 1 };
  return { ...await call(client, await once(offered)), nonce: offered, calls: 2 };
}

async function fetchToken(provider, keyPair) {
  const settings = { provider, registration: provider.client, fetch, keyPair };
  return (await CLIENTS['openid-client'](settings)).fetchToken();
}

async function checkAttacks(client, facts) {
  for (const [name, fields, expected] of await attacks(facts)) {
    await check(`gRPC: ${name}: UNAUTHENTICATED, ${expected.slice(1).join(', ')}`, async () => {
      assertStatus(await callCheck(client, fields), expected);
    });
  }
}

async function checkWithoutNonces(binary) {
  const provider = await startProvider({ nonces: false });
  const server = await startServer(binary, provider.issuer, ['--dpop', 'optional']);
  const client = new Client(new URL(server.url).host, credentials.createInsecure());
  const [owner, attacker] = [await newProofKey(), await newProofKey()];
  const [token, unbound] = [await fetchToken(provider, owner), await fetchToken(provider)];
  const htu = server.url + METHOD;
  const used = await newProof(owner, token, htu, { htm: 'POST' });

  await check('gRPC: a proof for POST and the URL of the method: SERVING', async () => {
    assertServing(await callCheck(client, [authorization('DPoP', token), proofField(used)]));
  });
  await check('gRPC: a stream, which is checked when it opens: SERVING', async () => {
    assertServing(await callWatch(client, await withProof(owner, token, server.url + STREAM, { htm: 'POST' })));
  });
  await check('gRPC: an unbound token as Bearer: SERVING', async () => {
    assertServing(await callCheck(client, [authorization('Bearer', unbound)]));
  });
  await check('gRPC: a proof for the path of the method alone is rejected', async () => {
    const fields = await withProof(owner, token, METHOD, { htm: 'POST' });
    assertStatus(await callCheck(client, fields), [16, 'DPoP invalid_dpop_proof']);
  });
  await check('gRPC: a proof for another method of the service is rejected', async () => {
    const fields = await withProof(owner, token, server.url + STREAM, { htm: 'POST' });
    assertStatus(await callCheck(client, fields), [16, 'DPoP invalid_dpop_proof']);
  });
  await checkAttacks(client, { token, unbound, owner, attacker, issuer: provider.issuer, htu, htm: 'POST', used });
  client.close();
  await checkTermination('gRPC', server);
  await checkAuthority(binary, provider, []);
  await checkAuthority(binary, provider, ['--public-origin', 'https://api.example']);
}

/** A client that knows the server by a public name, which the proxy that ends TLS passes on. */
async function checkAuthority(binary, provider, options) {
  const server = await startServer(binary, provider.issuer, ['--dpop', 'required', ...options]);
  const channel = { 'grpc.default_authority': 'api.example' };
  const client = new Client(new URL(server.url).host, credentials.createInsecure(), channel);
  const owner = await newProofKey();
  const token = await fetchToken(provider, owner);
  const name = `gRPC: behind a proxy, ${options.length === 0 ? 'without' : 'with'} a public origin`;
  const call = async (origin) => callCheck(client, await withProof(owner, token, origin + METHOD, { htm: 'POST' }));
  await check(`${name}: a proof for the public name by https: SERVING`, async () => {
    assertServing(await call('https://api.example'));
  });
  await check(`${name}: a proof by http, or for the address, is rejected`, async () => {
    for (const origin of ['http://api.example', server.url]) {
      assertStatus(await call(origin), [16, 'DPoP invalid_dpop_proof']);
    }
  });
  client.close();
  await checkTermination(name, server);
}

async function checkWithNonces(binary) {
  const provider = await startProvider({ nonces: true });
  const server = await startServer(binary, provider.issuer, ['--dpop', 'required', '--dpop-nonces']);
  const client = new Client(new URL(server.url).host, credentials.createInsecure());
  const owner = await newProofKey();
  const token = await fetchToken(provider, owner);
  let nonce;
  await check('gRPC: without a nonce the error brings one, with which the call succeeds', async () => {
    const facts = { owner, token, htu: server.url + METHOD };
    const fields = await withProof(owner, token, facts.htu, { htm: 'POST' });
    assertStatus(await callCheck(client, fields), [16, 'DPoP use_dpop_nonce']);
    const second = await callWithNonce(callCheck, client, facts);
    assertServing(second);
    assert.equal(second.calls, 2);
    ({ nonce } = second);
  });
  await check('gRPC: the nonce holds for the next calls, streams among them', async () => {
    for (const [call, path] of [[callCheck, METHOD], [callWatch, STREAM]]) {
      const answer = await callWithNonce(call, client, { owner, token, htu: server.url + path, nonce });
      assertServing(answer);
      assert.equal(answer.calls, 1);
    }
  });
  client.close();
  await checkTermination('gRPC with nonces', server);
}

export async function checkGrpc(binary) {
  await checkWithoutNonces(binary);
  await checkWithNonces(binary);
}
