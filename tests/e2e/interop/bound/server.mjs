// The process under test: the example resource_server.

import assert from 'node:assert/strict';

import { check, ended, firstLine, start } from '../harness.mjs';
import { AUDIENCE } from './provider.mjs';

const START_LIMIT = 20_000;

/**
 * Starts the example on a free port of 127.0.0.1, with the issuer as the one that it trusts. Returns
 * { child, url } once it listens.
 */
export async function startServer(binary, issuer, options) {
  const common = ['--listen', '127.0.0.1:0', '--issuer', issuer, '--audience', AUDIENCE];
  const child = start(`the server with ${options.join(' ')}`, binary, [...common, ...options]);
  const line = await firstLine(child, START_LIMIT);
  const [, url] = /^listening on (\S+)$/.exec(line) ?? assert.fail(`no address: ${line}`);
  return { child, url };
}

export async function checkTermination(what, { child }) {
  await check(`${what}: SIGTERM ends the server with exit code 0`, async () => {
    assert.deepEqual(await ended(child, 'SIGTERM'), { code: 0, signal: null });
  });
}
