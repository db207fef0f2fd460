// The processes under test: the example browser, and the provider where its page signs in.

import assert from 'node:assert/strict';

import { firstLine, start } from '../harness.mjs';
import { CLIENT_ID, RunningProvider } from './provider.mjs';

const START_LIMIT = 20_000;
const ADDRESSES = ['127.0.0.1:0', '127.0.0.1:0'];

/**
 * Starts a provider, and the example with it: { provider, child, page, api }, the last two as
 * origins. `eventsLifetime` is that of the WebSocket's tokens, in seconds.
 */
export async function startSite(binary, { eventsLifetime }) {
  // Standard output is for the checks, so oidc-provider's notices go to standard error.
  console.info = console.error;
  const provider = new RunningProvider();
  const issuer = await provider.listen();
  const child = start('the example browser', binary, [issuer, CLIENT_ID, ...ADDRESSES]);
  const line = await firstLine(child, START_LIMIT);
  const [, page, api] = /^open (\S+)\/ \(the API is (\S+)\)$/.exec(line) ?? assert.fail(`no addresses: ${line}`);
  provider.serve({ page, api, eventsLifetime });
  return { provider, child, page, api };
}
