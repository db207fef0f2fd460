// What a client learns without a token: the challenge, and the metadata of the resource (RFC 9728).

import assert from 'node:assert/strict';

import { check } from '../interop/harness.mjs';
import { callOf, CURRENT, headersOf, OLD, send } from './raw.mjs';

const get = (url, options) => fetch(url, { signal: AbortSignal.timeout(10_000), ...options });

export async function checkMetadata(url, metadataUrl, { issuer }) {
  await check('without a token: 401, the URL of the metadata, no error', async () => {
    const headers = headersOf(url, null, CURRENT, [['Mcp-Method', 'server/discover']]);
    const { status, challenge } = await send(url, { headers, body: '{}' });
    assert.equal(status, 401);
    assert.ok(challenge.startsWith('Bearer ') && challenge.includes(`resource_metadata="${metadataUrl}"`), challenge);
    assert.doesNotMatch(challenge, /error/);
  });
  await check('without a token and Mcp headers: 401, too', async () => {
    const headers = headersOf(url, null, OLD, []);
    const { status, challenge } = await send(url, { headers, body: JSON.stringify(callOf('list_notes', { version: OLD })) });
    assert.equal(status, 401);
    assert.ok(challenge.includes(`resource_metadata="${metadataUrl}"`), challenge);
  });
  await check('the metadata names the resource and its issuer', async () => {
    const response = await get(metadataUrl);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^application\/json/);
    const metadata = await response.json();
    assert.equal(metadata.resource, url);
    assert.deepEqual(metadata.authorization_servers, [issuer]);
    assert.deepEqual(metadata.bearer_methods_supported, ['header']);
    assert.deepEqual(metadata.scopes_supported, ['notes:read']);
  });
  await check('scripts of other origins may read the metadata', async () => {
    const { headers } = await get(metadataUrl, { headers: { Origin: 'https://app.example' } });
    assert.equal(headers.get('access-control-allow-origin'), '*');
  });
  await check('no other resource has metadata', async () => {
    const { origin } = new URL(url);
    for (const path of ['', '/', '/mcp/', '/mcp2', '/other']) {
      const { status } = await get(`${origin}/.well-known/oauth-protected-resource${path}`);
      assert.ok([401, 404].includes(status), `${path}: ${status}`);
    }
  });
}
