// Interop test of sender-constrained tokens. See `../bound.sh`, which installs and builds what this
// requires, then runs it.
//
//   node main.mjs PATH-OF-RESOURCE-SERVER PATH-OF-MTLS PATH-OF-PYTHON
//
// Prints a line for each check, and at the end `N passed, N failed`. The exit code is 0 if none
// failed.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

import { check, runAll, start } from '../harness.mjs';
import { checkCertificates } from './certificate_bound.mjs';
import { checkProofs } from './dpop.mjs';
import { checkGrpc } from './grpc.mjs';
import { checkProofsWithNonces } from './nonces.mjs';
import { checkOracle } from './oracle.mjs';

const TIME_LIMIT = 120_000;

/** Runs the checks in Python, and counts them among those of this process. */
async function checkPython(python, binary) {
  const path = fileURLToPath(new URL('python.py', import.meta.url));
  const child = start("Python's grpcio", python, ['-B', path, binary], { detached: true });
  const lines = [];
  child.lines.on('line', (line) => lines.push(line));
  const exit = await child.exit;
  for (const line of lines) {
    const [, not, name] = /^(not )?ok - (.*)$/.exec(line) ?? [];
    if (name !== undefined) await check(name, () => assert.ok(not === undefined, 'in Python'));
  }
  await check('grpcio: all checks were run', () => {
    assert.match(lines.at(-1) ?? 'nothing printed', /^[1-9]\d* passed, \d+ failed$/);
    assert.equal(exit.signal, null);
  });
}

async function scenario(server, mtls, python) {
  await checkProofs(server);
  await checkProofsWithNonces(server);
  await checkGrpc(server);
  await checkPython(python, server);
  await checkCertificates(mtls);
  await checkOracle(server);
}

const paths = process.argv.slice(2);
if (paths.length !== 3) {
  console.error('usage: node main.mjs PATH-OF-RESOURCE-SERVER PATH-OF-MTLS PATH-OF-PYTHON');
  process.exit(2);
}
await runAll(TIME_LIMIT, () => scenario(...paths));
