// What the official clients do with the server: they find the issuer, get a token, call tools, and
// ask for more scopes when the server says so.

import assert from 'node:assert/strict';

import { check } from '../interop/harness.mjs';
import { TestClient } from './clients.mjs';
import { KNOWN_CLIENT, SCOPES } from './provider.mjs';

const scopesOf = (url) => url.searchParams.get('scope').split(' ').filter((scope) => scope !== 'offline_access');
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
const grantedTo = ({ token }) => claimsOf(token).scope.split(' ').sort();

/** Returns the parameters of a challenge: { error, scope, resource_metadata, … }. */
function parametersOf(challenge) {
  return Object.fromEntries([...challenge.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
}

/** Returns the requests to the server, without those for metadata and tokens. */
const calls = ({ log }) => log.filter(({ path }) => path === '/mcp');

async function checkDiscovery(client, url, metadataUrl) {
  await check('the client meets 401, reads the metadata and finds the issuer', async () => {
    await client.connect();
    const [first, ...rest] = client.log;
    assert.deepEqual([first.path, first.status, first.mcpMethod], ['/mcp', 401, 'server/discover']);
    assert.equal(parametersOf(first.challenge).resource_metadata, metadataUrl);
    const paths = rest.map(({ path }) => path);
    assert.equal(paths[0], new URL(metadataUrl).pathname);
    assert.ok(paths.includes('/token') && rest.at(-1).path === '/mcp' && rest.at(-1).status === 200, paths.join(' '));
  });
  await check('it asks for a token of this resource, with PKCE, and for the least scope', () => {
    const [{ searchParams }] = client.authorizations;
    assert.equal(searchParams.get('resource'), url);
    assert.equal(searchParams.get('code_challenge_method'), 'S256');
    assert.deepEqual(scopesOf(client.authorizations[0]), ['notes:read']);
    assert.equal(claimsOf(client.token).aud, url);
  });
}

async function checkStepUp(client, metadataUrl) {
  await check('it calls a tool that its scope allows', async () => {
    assert.deepEqual(await client.toolNames(), ['add_note', 'delete_notes', 'list_notes']);
    assert.equal(await client.call('list_notes'), '');
    assert.equal(calls(client).at(-1).mcpName, 'list_notes');
    assert.equal(client.authorizations.length, 1);
  });
  await check('the next tool needs more: 403, it steps up and calls the tool', async () => {
    assert.equal(await client.call('add_note', { text: 'hello' }), 'alice: hello');
    const [refused, accepted] = calls(client).slice(-2);
    assert.deepEqual([refused.status, accepted.status], [403, 200]);
    const { error, scope, resource_metadata } = parametersOf(refused.challenge);
    assert.deepEqual({ error, scope, resource_metadata }, { error: 'insufficient_scope', scope: 'notes:write', resource_metadata: metadataUrl });
    assert.equal(client.authorizations.length, 2);
    assert.deepEqual(scopesOf(client.authorizations[1]).sort(), ['notes:read', 'notes:write']);
    assert.deepEqual(grantedTo(client), ['notes:read', 'notes:write']);
  });
  await check('a tool whose scope the issuer does not grant is not called', async () => {
    await assert.rejects(client.call('delete_notes'), { message: 'requested scope is not allowed' });
    assert.equal(parametersOf(calls(client).at(-1).challenge).scope, 'notes:admin');
    assert.equal(await client.call('list_notes'), 'alice: hello');
  });
}

export async function checkCurrentClient(url, metadataUrl) {
  const client = new TestClient('current', url, { knownClient: KNOWN_CLIENT, refresh: true });
  await checkDiscovery(client, url, metadataUrl);
  await checkStepUp(client, metadataUrl);
  await check('all of its requests are of the revision of 2026-07-28', () => {
    assert.ok(calls(client).every(({ version, mcpMethod, method }) => version === '2026-07-28' && mcpMethod === method));
  });
  await client.close();
}

export async function checkRegisteredClient(url) {
  await check('a client registers itself, and calls a tool', async () => {
    const client = new TestClient('current', url);
    await client.connect();
    assert.ok(client.log.some(({ path, status }) => path === '/reg' && status === 201));
    assert.equal(await client.call('list_notes'), 'alice: hello');
    await client.close();
  });
}

/** A client without Mcp headers needs all scopes from the start, so it never steps up. */
export async function checkClientWithoutHeaders(library, url) {
  const client = new TestClient(library, url);
  await check(`${library}: no request has Mcp headers, and it asks for all scopes`, async () => {
    await client.connect();
    assert.ok(calls(client).every(({ mcpMethod, mcpName }) => mcpMethod === null && mcpName === null));
    assert.deepEqual(scopesOf(client.authorizations[0]).sort(), [...SCOPES].sort());
    assert.equal(client.authorizations.length, 1);
  });
  await check(`${library}: it calls every tool`, async () => {
    assert.equal(await client.call('delete_notes'), 'deleted');
    assert.equal(await client.call('add_note', { text: library }), `alice: ${library}`);
    assert.equal(await client.call('list_notes'), `alice: ${library}`);
    assert.equal(client.authorizations.length, 1);
  });
  await client.close();
}
