// A web app that calls an API of another origin with a token that is bound to its key. It has
// nothing but what browsers offer. The API's URL is in the query of the page.

const api = new URLSearchParams(location.search).get('api');

const utf8 = (text) => new TextEncoder().encode(text);

function base64url(bytes) {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const json = (value) => base64url(utf8(JSON.stringify(value)));

/** Returns a key whose private part no script can read. */
async function newKey() {
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ecdsa, false, ['sign']);
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  return { privateKey, jwk: { crv, kty, x, y } };
}

/** Returns a token that is bound to this key. */
async function tokenFor({ jwk }) {
  const response = await fetch('/token', { method: 'POST', body: JSON.stringify(jwk) });
  return response.text();
}

async function newProof({ privateKey, jwk }, token, nonce) {
  const ath = base64url(await crypto.subtle.digest('SHA-256', utf8(token)));
  const iat = Math.floor(Date.now() / 1000);
  // `JSON.stringify` leaves an undefined nonce out.
  const claims = { jti: crypto.randomUUID(), htm: 'GET', htu: api, iat, ath, nonce };
  const signed = `${json({ typ: 'dpop+jwt', alg: 'ES256', jwk })}.${json(claims)}`;
  const es256 = { name: 'ECDSA', hash: 'SHA-256' };
  return `${signed}.${base64url(await crypto.subtle.sign(es256, privateKey, utf8(signed)))}`;
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
  const proof = await newProof(key, token, nonce);
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
