// DPoP over HTTP with nonces, which both the provider and the resource server ask for.

import assert from 'node:assert/strict';

import { check } from '../harness.mjs';
import { damaged } from './attacks.mjs';
import { CLIENTS, newProofKey } from './clients.mjs';
import { authorization, newProof, proofField, withProof } from './proofs.mjs';
import { startProvider } from './provider.mjs';
import { checkTermination, startServer } from './server.mjs';
import { recorded } from './transport.mjs';
import { assertRejected, send } from './wire.mjs';

const ASKS_FOR_NONCE = [401, 'DPoP use_dpop_nonce'];
const DAY = 86_400;

const now = () => Math.floor(Date.now() / 1000);

/** Each client repeats its first request with the nonce, and sends the nonce from then on. */
async function checkClients(provider, { url }) {
  for (const name of Object.keys(CLIENTS)) {
    const { fetch, statuses } = recorded();
    const keyPair = await newProofKey();
    const client = await CLIENTS[name]({ provider, registration: provider.client, fetch, keyPair });
    const expectStatuses = (expected) => assert.deepEqual(statuses.splice(0), expected);
    statuses.length = 0;
    let token;
    await check(`${name}: takes the provider's nonce`, async () => {
      token = await client.fetchToken();
      expectStatuses([400, 200]);
    });
    await check(`${name}: repeats the request with the resource server's nonce`, async () => {
      const answer = await client.call(`${url}/whoami`, token);
      expectStatuses([401, 200]);
      assert.equal(answer.status, 200, answer.text);
    });
    await check(`${name}: the next requests are accepted at once`, async () => {
      for (let count = 0; count < 3; count += 1) await client.call(`${url}/whoami`, token);
      expectStatuses([200, 200, 200]);
    });
  }
}

/** Returns a nonce of the resource server, and checks the response that brings it. */
async function fetchNonce(url, owner, token) {
  const answer = await send(url, await withProof(owner, token, url));
  await check('a proof without a nonce: use_dpop_nonce alone, one nonce, and no-store', () => {
    assertRejected(answer, ASKS_FOR_NONCE);
    assert.equal(answer.nonces.length, 1);
    assert.match(answer.nonces[0], /^[\x21\x23-\x5b\x5d-\x7e]+$/);
    assert.match(answer.cacheControl ?? 'none', /\bno-store\b/);
  });
  return answer.nonces[0];
}

async function checkNonces(provider, { url: origin }) {
  const [owner, attacker] = [await newProofKey(), await newProofKey()];
  const { fetch } = recorded();
  const client = await CLIENTS['openid-client']({ provider, registration: provider.client, fetch, keyPair: owner });
  const token = await client.fetchToken();
  const url = `${origin}/whoami`;
  const nonce = await fetchNonce(url, owner, token);
  const foreign = (await requestOfProvider(provider, owner)).headers.get('dpop-nonce');
  const cases = [
    ['a nonce of the provider', owner, { nonce: foreign }, ASKS_FOR_NONCE],
    ['a damaged nonce', owner, { nonce: damaged(`.${nonce}`).slice(1) }, ASKS_FOR_NONCE],
    ['a shortened nonce', owner, { nonce: nonce.slice(0, -1) }, ASKS_FOR_NONCE],
    ['an empty nonce', owner, { nonce: '' }, ASKS_FOR_NONCE],
    ['a nonce, a proof for another path', owner, { nonce, htu: `${origin}/public` }, [401, 'DPoP invalid_dpop_proof']],
    ['a nonce, a proof of another key', attacker, { nonce }, [401, 'DPoP invalid_token']],
  ];
  for (const [name, key, changes, expected] of cases) {
    await check(`${name}: ${expected.join(', ')}`, async () => {
      assertRejected(await send(url, await withProof(key, token, url, changes)), expected);
    });
  }
  await check('with a nonce, the clock of the client may be a day off; the proof is used up', async () => {
    for (const iat of [now() - DAY, now() + DAY]) {
      const headers = [authorization('DPoP', token), proofField(await newProof(owner, token, url, { nonce, iat }))];
      assert.equal((await send(url, headers)).status, 200);
      assertRejected(await send(url, headers), [401, 'DPoP invalid_dpop_proof']);
    }
  });
}

/** Sends the provider a token request whose proof has no nonce. */
async function requestOfProvider({ issuer, client: { client_id, client_secret } }, owner) {
  const proof = await newProof(owner, '', `${issuer}/token`, { htm: 'POST', ath: undefined });
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
  return fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${basic}`, DPoP: proof },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}

export async function checkProofsWithNonces(binary) {
  const provider = await startProvider({ nonces: true });
  const server = await startServer(binary, provider.issuer, ['--dpop', 'required', '--dpop-nonces']);
  await checkClients(provider, server);
  await checkNonces(provider, server);
  await checkTermination('DPoP with nonces', server);
}
