// DPoP over HTTP, without nonces: real clients, keys that change, and attackers.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { calculateJwkThumbprint, decodeJwt, exportJWK } from 'jose';

import { check } from '../harness.mjs';
import { attacks, damaged } from './attacks.mjs';
import { CLIENTS, newProofKey } from './clients.mjs';
import { authorization, newProof, proofField, withProof } from './proofs.mjs';
import { startProvider } from './provider.mjs';
import { checkTermination, startServer } from './server.mjs';
import { recorded, throughProxy } from './transport.mjs';
import { assertRejected, send } from './wire.mjs';

const ALGORITHMS = ['ES256', 'ES384', 'Ed25519', 'PS256', 'RS256'];
const ORIGIN = 'https://api.example';
const AT_ONCE = 20;

/** Returns a client with a new transport: { client, statuses }. */
async function newClient(name, provider, keyPair, send) {
  const { fetch, statuses } = recorded(send);
  const client = await CLIENTS[name]({ provider, registration: provider.client, fetch, keyPair });
  statuses.length = 0;
  return { client, statuses };
}

function assertAccepted({ status, text }, token) {
  assert.equal(status, 200, text);
  assert.deepEqual(JSON.parse(text), decodeJwt(token));
}

async function assertBound(token, { publicKey }) {
  const { cnf } = decodeJwt(token);
  assert.deepEqual(cnf, { jkt: await calculateJwkThumbprint(await exportJWK(publicKey)) });
}

/** Each client binds a token to a key of each algorithm, and uses it several times. */
async function checkClients(provider, servers) {
  for (const name of Object.keys(CLIENTS)) {
    for (const alg of ALGORITHMS) {
      await check(`${name}: a token bound to a key for ${alg} is accepted, three times`, async () => {
        const keyPair = await newProofKey(alg);
        const { client, statuses } = await newClient(name, provider, keyPair);
        const token = await client.fetchToken();
        await assertBound(token, keyPair);
        for (const { url } of servers) assertAccepted(await client.call(`${url}/whoami`, token), token);
        assertAccepted(await client.call(`${servers[0].url}/whoami?with=a+query#fragment`, token), token);
        assert.deepEqual(statuses, [200, 200, 200, 200], 'no request was repeated');
      });
    }
    await check(`${name}: ${AT_ONCE} requests at once, each with its own proof, are accepted`, async () => {
      const { client } = await newClient(name, provider, await newProofKey());
      const token = await client.fetchToken();
      const calls = Array.from({ length: AT_ONCE }, () => client.call(`${servers[0].url}/whoami`, token));
      for (const answer of await Promise.all(calls)) assertAccepted(answer, token);
    });
  }
}

/** Without a key, a client gets a token that is not bound. */
async function checkUnbound(provider, [optional, required]) {
  for (const name of Object.keys(CLIENTS)) {
    await check(`${name}: an unbound token is accepted where DPoP is optional only`, async () => {
      const { client } = await newClient(name, provider);
      const token = await client.fetchToken();
      assert.equal(decodeJwt(token).cnf, undefined);
      assertAccepted(await client.call(`${optional.url}/whoami`, token), token);
      assert.equal((await client.call(`${required.url}/whoami`, token)).status, 401);
      const answer = await send(`${required.url}/whoami`, [authorization('Bearer', token)]);
      assertRejected(answer, [401, 'DPoP invalid_token']);
    });
  }
  await check('no token where DPoP is required: a challenge for DPoP alone', async () => {
    assertRejected(await send(`${required.url}/whoami`), [401, 'DPoP']);
  });
}

/** A token belongs to one key: with a new key, the client needs a new token. */
async function checkNewClientKey(provider, { url }) {
  for (const name of Object.keys(CLIENTS)) {
    await check(`${name}: a new client key needs a new token`, async () => {
      const [before, after] = [await newProofKey(), await newProofKey()];
      const old = await newClient(name, provider, before);
      const renewed = await newClient(name, provider, after);
      const token = await old.client.fetchToken();
      assertAccepted(await old.client.call(`${url}/whoami`, token), token);
      assert.equal((await renewed.client.call(`${url}/whoami`, token)).status, 401);
      const another = await renewed.client.fetchToken();
      await assertBound(another, after);
      assertAccepted(await renewed.client.call(`${url}/whoami`, another), another);
      assertAccepted(await old.client.call(`${url}/whoami`, token), token);
    });
  }
}

/** The issuer's key changes twice: with an overlap, then without one. */
async function checkIssuerRotation(provider, { url }) {
  const keyPair = await newProofKey();
  const { client } = await newClient('openid-client', provider, keyPair);
  const first = await client.fetchToken();
  provider.rotate({ keepOld: true });
  const second = await client.fetchToken();
  await check('the issuer adds a key: tokens of both keys are accepted', async () => {
    assertAccepted(await client.call(`${url}/whoami`, second), second);
    assertAccepted(await client.call(`${url}/whoami`, first), first);
  });
  provider.rotate({ keepOld: false });
  const third = await client.fetchToken();
  await check('the issuer replaces its keys: only tokens of the new key are accepted', async () => {
    assertAccepted(await client.call(`${url}/whoami`, third), third);
    for (const token of [first, second]) {
      const answer = await send(`${url}/whoami`, await withProof(keyPair, token, `${url}/whoami`));
      assertRejected(answer, [401, 'DPoP invalid_token']);
    }
  });
}

/** Without a public origin, proofs are for the host of the request: by https, if it isn't loopback. */
async function checkHost(provider, { url }) {
  const keyPair = await newProofKey();
  const token = await (await newClient('openid-client', provider, keyPair)).client.fetchToken();
  const answerTo = async (htu) => (
    send(`${url}/whoami`, await withProof(keyPair, token, htu), { authority: 'api.example' })
  );
  await check('the host of the request: a proof for it by https is accepted', async () => {
    assertAccepted(await answerTo('https://api.example/whoami'), token);
  });
  await check('the host of the request: a proof for it by http, or for the address, is rejected', async () => {
    for (const htu of ['http://api.example/whoami', `${url}/whoami`]) {
      assertRejected(await answerTo(htu), [401, 'DPoP invalid_dpop_proof']);
    }
  });
}

/** A server without `--dpop` rejects bound tokens, and does not know the scheme. */
async function checkWithoutDpop(binary, provider) {
  const server = await startServer(binary, provider.issuer, []);
  const url = `${server.url}/whoami`;
  const keyPair = await newProofKey();
  const token = await (await newClient('openid-client', provider, keyPair)).client.fetchToken();
  await check('without DPoP: a bound token is rejected as Bearer', async () => {
    assertRejected(await send(url, [authorization('Bearer', token)]), [401, 'Bearer invalid_token']);
  });
  await check('without DPoP: the scheme DPoP counts as no token', async () => {
    assertRejected(await send(url, await withProof(keyPair, token, url)), [401, 'Bearer']);
  });
  await check('without DPoP: an unbound token is accepted', async () => {
    const unbound = await (await newClient('openid-client', provider)).client.fetchToken();
    assertAccepted(await send(url, [authorization('Bearer', unbound)]), unbound);
  });
  await checkTermination('without DPoP', server);
}

/** Behind a proxy that ends TLS, proofs are for the public origin. */
async function checkPublicOrigin(binary, provider) {
  const server = await startServer(binary, provider.issuer, ['--dpop', 'required', '--public-origin', ORIGIN]);
  for (const name of Object.keys(CLIENTS)) {
    await check(`${name}: behind a proxy, a proof for the public origin is accepted`, async () => {
      const { client } = await newClient(name, provider, await newProofKey(), throughProxy(ORIGIN, server.url));
      const token = await client.fetchToken();
      assertAccepted(await client.call(`${ORIGIN}/whoami`, token), token);
      assert.equal((await client.call(`${server.url}/whoami`, token)).status, 401, 'a proof for the private URL');
    });
  }
  await check('behind a proxy, a proof for the public origin without TLS is rejected', async () => {
    const keyPair = await newProofKey();
    const token = await (await newClient('openid-client', provider, keyPair)).client.fetchToken();
    const headers = await withProof(keyPair, token, `${ORIGIN.replace('https:', 'http:')}/whoami`);
    assertRejected(await send(`${server.url}/whoami`, headers), [401, 'DPoP invalid_dpop_proof']);
  });
  await checkTermination('behind a proxy', server);
}

async function checkAttacks(provider, { url }) {
  const [owner, attacker] = [await newProofKey(), await newProofKey()];
  const { client } = await newClient('oauth4webapi', provider, owner);
  const token = await client.fetchToken();
  const unbound = await (await newClient('oauth4webapi', provider)).client.fetchToken();
  const htu = `${url}/whoami`;
  const used = await newProof(owner, token, htu);
  await check('HTTP: the first use of a proof is accepted', async () => {
    assertAccepted(await send(htu, [authorization('DPoP', token), proofField(used)]), token);
  });
  const facts = { token, unbound, owner, attacker, issuer: provider.issuer, htu, htm: 'GET', used };
  const both = [authorization('Bearer', token), ...await withProof(owner, token, htu)];
  const ambiguous = [400, 'Bearer invalid_request', 'DPoP invalid_request'];
  for (const [name, headers, expected] of [...await attacks(facts), ['both schemes', both, ambiguous]]) {
    await check(`HTTP: ${name}: ${expected.join(', ')}`, async () => {
      assertRejected(await send(htu, headers), expected);
    });
  }
  await check('HTTP: rejected requests do not use up the proof of the owner', async () => {
    const jti = randomUUID();
    const proof = await newProof(owner, token, htu, { jti });
    const attempts = [
      [authorization('Bearer', token), proofField(proof)],
      [authorization('DPoP', unbound), proofField(proof)],
      [authorization('DPoP', token), proofField(damaged(proof))],
      await withProof(attacker, token, htu, { jti }),
      await withProof(owner, token, `${htu}/other`, { jti }),
    ];
    for (const headers of attempts) assert.equal((await send(htu, headers)).status, 401);
    assertAccepted(await send(htu, [authorization('DPoP', token), proofField(proof)]), token);
  });
  await check(`HTTP: of ${AT_ONCE} requests at once with the same proof, one is accepted`, async () => {
    const headers = await withProof(owner, token, htu);
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => send(htu, headers)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 401).length, AT_ONCE - 1);
  });
  await check('HTTP: after all that, the owner of the key is still accepted', async () => {
    assertAccepted(await client.call(htu, token), token);
  });
}

export async function checkProofs(binary) {
  const provider = await startProvider({ nonces: false });
  const optional = await startServer(binary, provider.issuer, ['--dpop', 'optional']);
  const required = await startServer(binary, provider.issuer, ['--dpop', 'required']);
  await checkClients(provider, [optional, required]);
  await checkUnbound(provider, [optional, required]);
  await checkNewClientKey(provider, optional);
  await checkAttacks(provider, optional);
  await checkHost(provider, optional);
  await checkPublicOrigin(binary, provider);
  await checkWithoutDpop(binary, provider);
  await checkIssuerRotation(provider, required);
  await checkTermination('DPoP optional', optional);
  await checkTermination('DPoP required', required);
}
