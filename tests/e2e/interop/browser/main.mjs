// Test of the example browser: a person in Chromium who signs in at oidc-provider, and attackers.
//
//   node main.mjs PATH-OF-EXAMPLE PATH-OF-CHROMIUM FOLDER-OF-SCREENSHOTS
//   node main.mjs --by-hand PATH-OF-EXAMPLE

import assert from 'node:assert/strict';

import { check, runAll } from '../harness.mjs';
import { checkOtherOrigin, checkPage, checkStolen, checkWebSocket, checkWrongTokens } from './attacks.mjs';
import { startBrowser } from './chromium.mjs';
import { checkJourney, checkMaxAge, checkPasskeyFirst } from './journey.mjs';
import { startSite } from './site.mjs';

const TIME_LIMIT = 150_000;
const BY_HAND_LIMIT = 24 * 60 * 60 * 1000;

async function test(binary, program, screenshots) {
  process.env.RUST_LOG = 'tower_jwt_auth=debug';
  const site = await startSite(binary, { eventsLifetime: 3 });
  const browser = await startBrowser(program, screenshots);
  const wire = await checkJourney(site, browser);
  await checkMaxAge(site, browser);
  await checkPasskeyFirst(site, browser);
  await checkStolen(site, wire);
  await checkWebSocket(site, wire);
  await checkWrongTokens(site, browser, wire);
  await checkOtherOrigin(site, browser, wire);
  await checkPage(site, browser);
  await browser.browser.close();
  await check('the log has the rejections, and no token or proof', () => {
    const { stderr } = site.child;
    for (const kind of ['use_dpop_nonce', 'insufficient_user_authentication', 'invalid_dpop_proof']) {
      assert.ok(stderr.includes(kind), kind);
    }
    const secrets = wire.tokens.map(({ access_token }) => access_token);
    secrets.push(...wire.calls.map(({ headers }) => headers.dpop).filter(Boolean));
    const parts = secrets.flatMap((secret) => secret.split('.'));
    assert.ok(parts.length > 6);
    for (const part of parts) assert.ok(!stderr.includes(part), 'a part of a token or proof');
  });
}

/** Serves until Ctrl-C. */
async function byHand(binary) {
  const { page, api } = await startSite(binary, { eventsLifetime: 10 });
  console.log(`open ${page}/ (the API is ${api}). To stop: Ctrl-C.`);
  await new Promise(() => {});
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--by-hand') await runAll(BY_HAND_LIMIT, () => byHand(...rest));
else await runAll(TIME_LIMIT, () => test(first, ...rest));
