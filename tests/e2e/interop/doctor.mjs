// The example `doctor` against the provider: it finds the metadata and the keys, accepts a valid
// token, and says what is wrong with the others. None of its three encoded parts
// is printed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

import { check } from './harness.mjs';

const LIMIT = 20_000;

/** Runs the doctor with a token on standard input. */
function run(binary, args, token) {
  const { status, stdout, stderr } = spawnSync(binary, [...args, '--token-stdin'], {
    input: token, encoding: 'utf8', timeout: LIMIT,
  });
  for (const part of token.split('.')) {
    assert.ok(!stdout.includes(part) && !stderr.includes(part), 'a part of the token is printed');
  }
  return { status, stdout };
}

function assertSays({ status, stdout }, code, lines) {
  assert.equal(status, code, stdout);
  for (const line of lines) assert.ok(stdout.includes(line), `${line} is not in ${stdout}`);
}

export async function checkDoctor(binary, { issuer }, audience, tokens) {
  for (const { alg, token, header } of tokens) {
    await check(`doctor: ${alg}: every check passes`, () => {
      const report = run(binary, ['--issuer', issuer, '--audience', audience], token);
      assertSays(report, 0, [
        `✓ metadata: found at ${issuer}/.well-known/openid-configuration`, '✓ keys: fetched from',
        `✓ key "${header.kid}": usable for`, '✓ caching: ', '✓ clock: ', '✓ signature',
        '✓ the token passes every check',
      ]);
    });
  }
  const [{ token }] = tokens;
  await check('doctor: an audience that differs by a slash', () => {
    const report = run(binary, ['--issuer', issuer, '--audience', `${audience}/`], token);
    assertSays(report, 1, ['✓ signature', '✗ audience', 'hint: audience differs by a trailing slash']);
  });
  await check('doctor: an issuer that differs by a slash', () => {
    const report = run(binary, ['--issuer', `${issuer}/`, '--audience', audience], token);
    assertSays(report, 1, ['✗ keys: ', 'differs by a trailing slash', '✗ issuer']);
  });
}
