// What a person does on the page, and what it, the API and the provider answer.

import assert from 'node:assert/strict';

import { check } from '../harness.mjs';
import { newPage, press, shownIn } from './chromium.mjs';
import { PASSKEY } from './provider.mjs';
import { claimsOf, record } from './wire.mjs';

const MAX_AGE = 300;
/** How late the end of a WebSocket may be seen, in seconds. The leeway of the layer is 60 s. */
const END_LIMIT = 5;

/** Signs in on the provider's page, where the browser is or will be. */
async function signInThere(page, how) {
  await page.getByRole('button', { name: how }).click();
}

/** Signs in for the first time. */
export async function signIn(page, how) {
  await page.click('#sign-in button');
  await signInThere(page, how);
  return shownIn(page, 'sign-in');
}

function checkEnd({ state, text }, expectedState, ...expected) {
  assert.equal(state, expectedState, text);
  for (const each of expected) assert.match(text, each);
}

/** Checks every step in order. Returns what went over the wire. */
export async function checkJourney(site, browser) {
  const { page, problems, shoot, close } = await newPage(browser);
  const wire = record(page, site.api);
  await page.goto(`${site.page}/`);

  await check('without a token, the page reads the challenge and finds the issuer', async () => {
    checkEnd(await press(page, 'challenge'), 'rejected', /^401 Unauthorized/, /WWW-Authenticate: DPoP/);
    checkEnd(await shownIn(page, 'challenge'), 'rejected', new RegExp(`sign in at ${site.provider.issuer}$`));
    await shoot('challenge');
  });

  await check('code and PKCE lead to a token that is bound to the key of the browser', async () => {
    const signedIn = await signIn(page, 'with a password');
    checkEnd(signedIn, 'done', /^DPoP token for 300 s/);
    const [{ access_token, token_type }] = wire.tokens;
    const { cnf, aud, sub, acr } = claimsOf(access_token);
    assert.deepEqual([token_type, aud, sub, acr], ['DPoP', site.api, 'alice', 'pwd']);
    assert.ok(signedIn.text.endsWith(cnf.jkt), signedIn.text);
    const [{ params }] = site.provider.state.prompts;
    assert.deepEqual([params.code_challenge_method, params.acr_values], ['S256', undefined]);
    await shoot('signed-in');
  });

  await check('a preflight allows the headers of DPoP, and the API requires a nonce once', async () => {
    const answer = await press(page, 'orders');
    const key = claimsOf(wire.tokens[0].access_token).cnf.jkt;
    checkEnd(answer, 'done', /^401 use_dpop_nonce/, /200 OK/, /"orders of": "alice"/, new RegExp(key));
    const calls = wire.calls.filter(
      ({ method, path, headers }) => method === 'GET' && path === '/orders' && headers.dpop,
    );
    assert.deepEqual(
      calls.map(({ status }) => status),
      [401, 200],
    );
    assert.equal(calls[0].answer['access-control-allow-origin'], site.page);
    // A nonce is valid for several requests.
    checkEnd(await press(page, 'orders'), 'done', /^200 OK/);
  });

  await check('the private key can not be exported', async () => {
    checkEnd(await shownIn(page, 'orders'), 'done', /exporting the private key: InvalidAccessError/);
    await shoot('orders');
  });

  await check('a transfer is rejected with the authentication that it needs', async () => {
    const answer = await press(page, 'transfer');
    const needs = [/acr_values="phr"/, new RegExp(`max_age="${MAX_AGE}"`)];
    checkEnd(answer, 'rejected', /^401/, /error="insufficient_user_authentication"/, ...needs);
    await shoot('step-up');
  });

  await check('after the step-up, the page goes on with the transfer', async () => {
    await page.click('#step-up');
    await page.waitForURL(`${site.provider.issuer}/**`);
    assert.equal(await page.getByRole('button', { name: 'with a password' }).count(), 0);
    await shoot('step-up-at-the-provider');
    await signInThere(page, 'with a passkey');
    const again = /^Signed in again, with acr_values=phr and max_age=300$/m;
    checkEnd(await shownIn(page, 'transfer'), 'done', again, /^200 OK$/m, /transferred by alice, acr phr/);
    const { params, reasons } = site.provider.state.prompts.at(-1);
    assert.deepEqual([params.acr_values, params.max_age, reasons], [PASSKEY, String(MAX_AGE), ['acr_values']]);
    assert.ok(!(await page.locator('#step-up').isVisible()));
  });

  await check('the key outlives the visit to the provider', async () => {
    const keys = wire.tokens.map(({ access_token }) => claimsOf(access_token).cnf?.jkt);
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1]);
  });

  await check('a WebSocket with a second token, without a key, ends when it expires', async () => {
    const answer = await press(page, 'events');
    const end = Date.now() / 1000;
    const { access_token, token_type } = wire.tokens.at(-1);
    const { aud, cnf, exp } = claimsOf(access_token);
    assert.deepEqual([token_type, aud, cnf], ['Bearer', `${site.api}/events`, undefined]);
    checkEnd(
      answer,
      'done',
      /event 1 for alice/,
      /event 2 for alice/,
      /closed with 1008: the access token has expired$/,
    );
    assert.ok(end >= exp && end < exp + END_LIMIT, `ended ${end - exp} s after exp`);
  });

  await check('gRPC-Web: messages, and the status of a rejection, are readable', async () => {
    const answer = await press(page, 'grpc');
    const rejected = /^Hello without a token: status 16, the request has no verified access token$/m;
    checkEnd(answer, 'done', rejected, /^hello alice$/m, /^Hello: status 0$/m, /^tick 2$/m);
    await shoot('all-steps');
  });

  await check('a token is gone when the page is loaded again, and a session needs no form', async () => {
    const prompts = site.provider.state.prompts.length;
    await page.reload();
    checkEnd(await press(page, 'orders'), 'rejected', /^401 Unauthorized/);
    await page.evaluate(() => {
      document.getElementById('sign-in').dataset.state = 'running';
    });
    await page.click('#sign-in button');
    checkEnd(await shownIn(page, 'sign-in'), 'done', /^DPoP token/);
    checkEnd(await press(page, 'orders'), 'done', /200 OK/);
    assert.equal(site.provider.state.prompts.length, prompts);
  });

  await check('no script of the page has failed', () => assert.deepEqual(problems, []));
  await close();
  return wire;
}

/** Checks a user who signed in with a passkey, but too long ago. */
export async function checkMaxAge(site, browser) {
  const { page, shoot, close } = await newPage(browser);
  await page.goto(`${site.page}/`);
  await check('a sign-in with a passkey that is too old is rejected, and repeated', async () => {
    // More than `max_age` and the leeway of the layer.
    site.provider.state.signedInAgo = MAX_AGE + 100;
    await signIn(page, 'with a passkey');
    const answer = await press(page, 'transfer');
    checkEnd(answer, 'rejected', /^401/, new RegExp(`max_age="${MAX_AGE}"`));
    await shoot('max-age');
    await page.click('#step-up');
    await signInThere(page, 'with a passkey');
    checkEnd(await shownIn(page, 'transfer'), 'done', /^200 OK/m);
    assert.deepEqual(site.provider.state.prompts.at(-1).reasons, ['max_age']);
  });
  await close();
}

/** Checks a user who needs no step-up. */
export async function checkPasskeyFirst(site, browser) {
  const { page, close } = await newPage(browser);
  await page.goto(`${site.page}/`);
  await check('a recent sign-in with a passkey needs no step-up', async () => {
    await signIn(page, 'with a passkey');
    checkEnd(await press(page, 'transfer'), 'done', /^200 OK/);
  });
  await close();
}
