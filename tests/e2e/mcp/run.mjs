// End-to-end test of the example mcp_server with the official clients of MCP, an authorization server
// on loopback, the conformance checks of MCP, and requests of an attacker.
//
//   node run.mjs PATH-OF-MCP-SERVER
//
// Prints a line for each check, and at the end `N passed, N failed`. The exit code is 0 if none
// failed. `run.sh` installs and builds what this requires, then runs it.

import assert from 'node:assert/strict';

import { check, firstLine, freePort, runAll, start } from '../interop/harness.mjs';
import { checkAttacks, checkImplied } from './attacks.mjs';
import { checkClientWithoutHeaders, checkCurrentClient, checkRegisteredClient } from './flows.mjs';
import { checkConformance } from './conformance.mjs';
import { checkMetadata } from './metadata.mjs';
import { startProvider } from './provider.mjs';
import { fetchTokens } from './tokens.mjs';

const TIME_LIMIT = 120_000;
const START_LIMIT = 20_000;
const OTHER_RESOURCE = 'https://other.example/mcp';

async function startServer(binary, provider, address, resource) {
  const child = start('mcp_server', binary, [provider.issuer, resource, address]);
  await firstLine(child, START_LIMIT);
}

await runAll(TIME_LIMIT, async () => {
  console.info = console.error;
  console.warn = console.error;
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}/mcp`;
  const provider = await startProvider([url, OTHER_RESOURCE]);
  await startServer(process.argv[2], provider, address, url);
  const metadataUrl = `http://${address}/.well-known/oauth-protected-resource/mcp`;

  await checkMetadata(url, metadataUrl, provider);
  await checkCurrentClient(url, metadataUrl, provider);
  await checkRegisteredClient(url);
  await checkClientWithoutHeaders('client 2.x by default', url);
  await checkClientWithoutHeaders('sdk 1.x', url);
  const tokens = await fetchTokens(provider, url, OTHER_RESOURCE);
  await checkImplied(url, tokens);
  await checkAttacks(url, tokens, metadataUrl);
  await checkConformance(url, tokens.all);
  await check('the authorization server had no error of its own', () => assert.deepEqual(provider.problems, []));
});
