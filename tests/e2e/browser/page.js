// A web app that calls an API of another origin with a token that is bound to its key. It has
// nothing but what browsers offer. The API's URL is in the query of the page. The proofs are those
// of the example `browser`.

import { newKey, newProof } from '/dpop.js';

const api = new URLSearchParams(location.search).get('api');

/** Returns a token that is bound to this key. */
async function tokenFor({ jwk }) {
  const response = await fetch('/token', { method: 'POST', body: JSON.stringify(jwk) });
  return response.text();
}

/** Returns what a script can read of the response. */
async function call(headers) {
  try {
    const response = await fetch(api, { headers });
    return {
      status: response.status,
      challenge: response.headers.get('WWW-Authenticate'),
      nonce: response.headers.get('DPoP-Nonce'),
      body: await response.text(),
    };
  } catch (error) {
    return { failure: error.name };
  }
}

async function callWithProof(key, token, nonce) {
  const proof = await newProof(key, { method: 'GET', url: api, token, nonce });
  return call({ Authorization: `DPoP ${token}`, DPoP: proof });
}

async function run() {
  const key = await newKey();
  const token = await tokenFor(key);
  const first = await callWithProof(key, token);
  const retry = await callWithProof(key, token, first.nonce ?? undefined);
  const bearer = await call({ Authorization: `Bearer ${token}` });
  return { jwk: key.jwk, first, retry, bearer };
}

const report = await run().catch((error) => ({ error: String(error) }));
await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
