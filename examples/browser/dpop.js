// Proofs that this page has a key (RFC 9449), with what browsers offer.

export const utf8 = (text) => new TextEncoder().encode(text);

export function base64url(bytes) {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export const sha256 = async (text) => base64url(await crypto.subtle.digest('SHA-256', utf8(text)));

const json = (value) => base64url(utf8(JSON.stringify(value)));

/** Returns a key whose private part no script can read: `extractable` is false. */
export async function newKey() {
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ecdsa, false, ['sign']);
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  return { privateKey, jwk: { crv, kty, x, y } };
}

/** Returns the thumbprint of the key (RFC 7638), which is in the token that is bound to it. */
export const thumbprint = ({ jwk: { crv, kty, x, y } }) =>
  sha256(JSON.stringify({ crv, kty, x, y }));

/** Returns a proof for one request. With a token, it belongs to that token only. */
export async function newProof({ privateKey, jwk }, { method, url, token, nonce }) {
  const { origin, pathname } = new URL(url);
  const claims = {
    jti: crypto.randomUUID(),
    htm: method,
    htu: origin + pathname,
    iat: Math.floor(Date.now() / 1000),
    // `JSON.stringify` leaves out what is undefined.
    ath: token === undefined ? undefined : await sha256(token),
    nonce,
  };
  const signed = `${json({ typ: 'dpop+jwt', alg: 'ES256', jwk })}.${json(claims)}`;
  const es256 = { name: 'ECDSA', hash: 'SHA-256' };
  return `${signed}.${base64url(await crypto.subtle.sign(es256, privateKey, utf8(signed)))}`;
}

/** The last nonce of each server. A nonce is valid for several requests. */
const nonces = new Map();

/**
 * Sends a request with a proof, and once more if the server requires a nonce that the proof does
 * not have. `onNonce` is called before the second time.
 */
export async function fetchWithProof(key, url, { token, onNonce = () => {}, ...options }) {
  const { origin } = new URL(url);
  const send = async () => {
    const proof = { method: options.method ?? 'GET', url, token, nonce: nonces.get(origin) };
    const headers = { ...options.headers, DPoP: await newProof(key, proof) };
    if (token !== undefined) headers.Authorization = `DPoP ${token}`;
    const response = await fetch(url, { ...options, headers });
    const nonce = response.headers.get('DPoP-Nonce');
    if (nonce !== null) nonces.set(origin, nonce);
    return { response, isNew: nonce !== null && nonce !== proof.nonce };
  };
  const { response, isNew } = await send();
  // A 401 of the API, or a 400 of the token endpoint (RFC 9449 §8). In gRPC, the status is 200.
  if (!isNew || !(await requiresNonce(response))) return response;
  onNonce(response);
  return (await send()).response;
}

async function requiresNonce(response) {
  const challenge = response.headers.get('WWW-Authenticate') ?? '';
  if (challenge.includes('error="use_dpop_nonce"')) return true;
  if (response.status !== 400) return false;
  const { error } = await response
    .clone()
    .json()
    .catch(() => ({}));
  return error === 'use_dpop_nonce';
}
