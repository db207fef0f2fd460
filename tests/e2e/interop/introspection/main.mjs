// Interop test: the example introspection asks npm's `oidc-provider` about opaque tokens, over real
// HTTP. The provider runs in this process, and is stopped, stalled and started again.
//
//   node main.mjs PATH-OF-INTROSPECTION
//
// Prints a line for each check, and at the end `N passed, N failed`. The exit code is 0 if none
// failed. `../introspection.sh` installs and builds what this requires, then runs it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { check, runAll } from '../harness.mjs';
import { checkClientAuthentication } from './client_authentication.mjs';
import { expectStatus, expired, health, me, startExample } from './example.mjs';
import { api, basic, FaultyProvider, fetchToken, OTHER_AUDIENCE, post, SCOPE, signedApi } from './provider.mjs';

const TIME_LIMIT = 60_000;

async function scenario(binary) {
  console.info = console.error;
  console.warn = console.error;
  const provider = new FaultyProvider();
  await provider.listen();
  const server = await startExample(binary, provider, api);
  const token = await fetchToken(provider);

  await check('the token is opaque', () => assert.equal(token.split('.').length, 1));
  await check('an active token is accepted with its claims', async () => {
    const { text } = await expectStatus(server, token, 200);
    assert.equal(text, `client ${SCOPE}`);
  });
  await check('the token is in no URL, and the question is a POST', () => {
    const [{ url, method, headers }] = provider.questions;
    assert.deepEqual([url, method, headers.accept], ['/token/introspection', 'POST', 'application/json']);
  });
  await check('the answer is cached', async () => {
    const before = provider.questions.length;
    await expired();
    for (let i = 0; i < 5; i += 1) await expectStatus(server, token, 200);
    assert.equal(provider.questions.length - before, 1);
  });
  await check('many requests with one token ask once', async () => {
    const fresh = await fetchToken(provider);
    const before = provider.questions.length;
    const responses = await Promise.all(Array.from({ length: 50 }, () => me(server, fresh)));
    assert.ok(responses.every(({ status }) => status === 200));
    assert.equal(provider.questions.length - before, 1);
  });
  await check('a made-up token is rejected, and no reason is told', async () => {
    const response = await expectStatus(server, randomBytes(32).toString('base64url'), 401);
    assert.match(response.challenge, /error="invalid_token".*is not active/);
  });
  await check('a token for another audience is rejected', async () => {
    await expectStatus(server, await fetchToken(provider, OTHER_AUDIENCE), 401);
  });
  await check('a JWT is not introspected', async () => {
    const before = provider.questions.length;
    await expectStatus(server, 'eyJhbGciOiJub25lIn0.e30.c2ln', 401);
    assert.equal(provider.questions.length, before);
  });
  await check('a request without a token is rejected', () => expectStatus(server, undefined, 401));
  await check('a revoked token is rejected when its answer is no longer cached', async () => {
    const revoked = await fetchToken(provider);
    await expectStatus(server, revoked, 200);
    await post(`${provider.issuer}/token/revocation`, { token: revoked });
    await expired();
    await expectStatus(server, revoked, 401);
  });

  const faults = {
    'an error page': (outgoing) => outgoing.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>'),
    'a 500': (outgoing) => outgoing.writeHead(500).end('{"active":true}'),
    'a redirect': (outgoing) => outgoing.writeHead(307, { Location: '/elsewhere' }).end(),
    'a huge answer': (outgoing) => outgoing.writeHead(200).end(`{"active":true,"x":"${'x'.repeat(2 << 20)}"}`),
    'a reset': (outgoing) => outgoing.destroy(),
    'no answer': () => {},
    'an answer that never ends': (outgoing) => {
      outgoing.writeHead(200).write('{"active":true,');
      const dripping = setInterval(() => outgoing.write(' '), 50);
      outgoing.on('close', () => clearInterval(dripping));
    },
    'a compressed answer': (outgoing) => {
      outgoing.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(200 << 20, '0')));
    },
  };
  for (const [name, fault] of Object.entries(faults)) {
    await check(`${name} is 503, and the next answer counts`, async () => {
      await expired();
      provider.fault = fault;
      await expectStatus(server, token, 503);
      provider.fault = undefined;
      await expectStatus(server, token, 200);
    });
  }
  await check('while the provider is down, requests get 503 at once, and 200 after its return', async () => {
    await expired();
    await provider.stop();
    for (let i = 0; i < 20; i += 1) await expectStatus(server, token, 503);
    const { serving, introspection } = await health(server);
    assert.deepEqual([serving, introspection.available], [false, false]);
    await provider.restart();
    await sleep(1200);
    await expectStatus(server, token, 200);
    assert.equal((await health(server)).serving, true);
  });
  await check('signed answers are required and verified (RFC 9701)', async () => {
    const before = provider.questions.length;
    const strict = await startExample(binary, provider, signedApi, '--signed');
    const { text } = await expectStatus(strict, token, 200);
    assert.equal(text, `client ${SCOPE}`);
    const { headers } = provider.questions[before];
    assert.equal(headers.accept, 'application/token-introspection+jwt');
    await expectStatus(strict, randomBytes(32).toString('base64url'), 401);
    await expired();
    provider.fault = (outgoing) => outgoing.writeHead(200, { 'Content-Type': 'application/json' }).end('{"active":true}');
    await expectStatus(strict, token, 503);
    provider.fault = undefined;
  });
  await check('a signed answer for another client is not accepted, nor one that was not asked for', async () => {
    // The provider signs for the client that has asked: the answer is played to another one.
    const answer = await fetch(`${provider.issuer}/token/introspection`, {
      method: 'POST',
      headers: { Authorization: basic(signedApi), Accept: 'application/token-introspection+jwt' },
      body: new URLSearchParams({ token }),
    });
    const signed = await answer.text();
    assert.equal(signed.split('.').length, 3);
    const replayed = (outgoing) => outgoing.writeHead(200, { 'Content-Type': 'application/token-introspection+jwt' }).end(signed);
    const other = await startExample(binary, provider, api, '--signed');
    provider.fault = replayed;
    await expectStatus(other, token, 503);
    await expired();
    await expectStatus(server, token, 503);
    provider.fault = undefined;
    await expectStatus(server, signed, 401);
  });
  await check('wrong credentials of the service are 503, an error in the log, and shown in the health', async () => {
    const wrong = await startExample(binary, provider, { ...api, client_secret: 'wrong' });
    await expectStatus(wrong, token, 503);
    assert.equal((await health(wrong)).introspection.denied, true);
    assert.match(wrong.child.stderr, /ERROR.*rejects the credentials/);
  });
  await checkClientAuthentication(binary, provider, token);
  await check('the log has no token and no secret', () => {
    assert.ok(!server.child.stderr.includes(token));
    assert.ok(!server.child.stderr.includes(api.client_secret));
  });
}

await runAll(TIME_LIMIT, () => scenario(process.argv[2]));
