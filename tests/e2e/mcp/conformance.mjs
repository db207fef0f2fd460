// The checks of `@modelcontextprotocol/conformance` that concern the server's HTTP. The tool has no
// scenario for a resource server, and its requests have no token: they go through a proxy that adds
// one.

import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { check, start } from '../interop/harness.mjs';

const TOOL = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'));
const NODE20 = fileURLToPath(new URL('node20.mjs', import.meta.url));

/** Starts a proxy to `url` that adds the token. The name of the host is that of the server. */
async function startProxy(url, token) {
  const { host, port } = new URL(url);
  const server = createServer((incoming, outgoing) => {
    const own = `127.0.0.1:${server.address().port}`;
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    for (const name of ['host', 'origin']) headers[name] &&= headers[name].replace(own, host);
    const options = { port, host: '127.0.0.1', path: incoming.url, method: incoming.method, headers };
    const forwarded = httpRequest(options, (response) => {
      outgoing.writeHead(response.statusCode, response.rawHeaders);
      response.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/mcp`, server };
}

/** Runs a scenario and returns its checks. */
async function run(url, scenario, revision) {
  const output = await mkdtemp(join(tmpdir(), 'mcp-'));
  try {
    const args = ['--import', NODE20, TOOL, 'server', '--url', url, '--scenario', scenario, '--spec-version', revision, '-o', output];
    await start(`conformance ${scenario}`, process.execPath, args).exit;
    const [folder] = await readdir(output);
    return JSON.parse(await readFile(join(output, folder, 'checks.json'), 'utf8'));
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

/** The scenarios that this server has the tools for, with the revision that they are run in. */
const SCENARIOS = [
  ['server-initialize', '2025-11-25'],
  ['ping', '2025-11-25'],
  ['tools-list', '2025-11-25'],
  ['tools-list', '2026-07-28'],
  ['server-stateless', '2026-07-28'],
  ['http-header-validation', '2026-07-28'],
  ['dns-rebinding-protection', '2026-07-28'],
];

/** A check that needs a tool of its own, which this server does not have. */
const isNotTestable = ({ errorMessage }) => errorMessage?.startsWith('Not testable: server does not list the diagnostic tool');

function judge(checks) {
  const failed = checks.filter((one) => one.status === 'FAILURE' && !isNotTestable(one));
  assert.deepEqual(failed.map(({ id, errorMessage }) => `${id}: ${errorMessage}`), []);
  const passed = checks.filter(({ status }) => status === 'SUCCESS');
  assert.ok(passed.length > 0, 'no check passed');
}

export async function checkConformance(url, token) {
  const proxy = await startProxy(url, token);
  const results = await Promise.all(SCENARIOS.map(([scenario, revision]) => run(proxy.url, scenario, revision).catch((error) => error)));
  for (const [index, [scenario, revision]] of SCENARIOS.entries()) {
    await check(`conformance, ${scenario}, ${revision}`, () => {
      if (results[index] instanceof Error) throw results[index];
      judge(results[index]);
    });
  }
}
