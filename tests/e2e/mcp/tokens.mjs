// Tokens for requests that no client sends: the code flow with PKCE, by plain HTTP.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';

import { authorize } from './browser.mjs';
import { SCOPES } from './provider.mjs';

const CALLBACK = 'http://127.0.0.1/callback';

async function post(url, body, headers) {
  const response = await fetch(url, { method: 'POST', body, headers, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  assert.ok(response.ok, `${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function register({ issuer }) {
  const client = { redirect_uris: [CALLBACK], application_type: 'native', token_endpoint_auth_method: 'none', scope: SCOPES.join(' ') };
  return (await post(`${issuer}/reg`, JSON.stringify(client), { 'Content-Type': 'application/json' })).client_id;
}

async function fetchToken({ issuer }, client_id, resource, scope) {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${issuer}/auth`);
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  url.search = new URLSearchParams({
    client_id, resource, scope, response_type: 'code', redirect_uri: CALLBACK, code_challenge: challenge, code_challenge_method: 'S256',
  });
  const code = (await authorize(url, CALLBACK)).get('code');
  const form = { client_id, code, resource, grant_type: 'authorization_code', redirect_uri: CALLBACK, code_verifier: verifier };
  return (await post(`${issuer}/token`, new URLSearchParams(form))).access_token;
}

/** Fetches tokens: for each scope alone, for all, and one of another resource. */
export async function fetchTokens(provider, url, otherResource) {
  const client = await register(provider);
  const token = (scope, resource = url) => fetchToken(provider, client, resource, scope);
  const all = SCOPES.join(' ');
  const [reader, writer, admin] = await Promise.all(SCOPES.map((scope) => token(scope)));
  return { reader, writer, admin, all: await token(all), other: await token(all, otherResource) };
}
