// The process under test: the example introspection.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { firstLine, get, start } from '../harness.mjs';
import { AUDIENCE } from './provider.mjs';

const START_LIMIT = 20_000;
/** The example's cache, in seconds. */
const TTL = 1;

/** Starts the example as this client of the provider. Returns { child, url } once it listens. */
export async function startExample(binary, { issuer }, { client_id, client_secret }, ...options) {
  if (client_secret !== undefined) process.env.CLIENT_SECRET = client_secret;
  const child = start('introspection', binary, [issuer, AUDIENCE, client_id, '127.0.0.1:0', '--ttl', `${TTL}`, ...options]);
  delete process.env.CLIENT_SECRET;
  const line = await firstLine(child, START_LIMIT);
  return { child, url: line.replace('listening on ', '') };
}

export async function me({ url }, token) {
  return get(`${url}/me`, token);
}

export async function expectStatus(server, token, status) {
  const response = await me(server, token);
  assert.equal(response.status, status, response.text);
  if (status === 503) assert.match(response.retryAfter, /^\d+$/);
  return response;
}

export async function health({ url }) {
  return JSON.parse((await get(`${url}/health`)).text)[0];
}

/** Waits until answers are no longer cached. */
export const expired = () => sleep(TTL * 1000 + 100);
