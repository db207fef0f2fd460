// What an attacker tries who has seen tokens and proofs, or who has a page of another origin.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';

import { SignJWT } from 'jose';

import { check } from '../harness.mjs';
import { newPage, shownIn } from './chromium.mjs';
import { signIn } from './journey.mjs';
import { claimsOf } from './wire.mjs';

/** Sends a request outside of a browser, and returns { status, challenge }. */
async function send(url, headers, method = 'GET') {
  const response = await fetch(url, { method, headers });
  await response.arrayBuffer();
  return { status: response.status, challenge: response.headers.get('www-authenticate') ?? '' };
}

function checkRejected({ status, challenge }, error) {
  assert.equal(status, 401);
  assert.match(challenge, new RegExp(`^DPoP .*error="${error}"`));
}

/** Returns a proof by a key of the attacker's own, with everything else as it must be. */
async function proofOfAnotherKey(token, { method, url, nonce }) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ath = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(token))).toString('base64url');
  const claims = { jti: randomBytes(16).toString('hex'), htm: method, htu: url, ath, nonce };
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) };
  return new SignJWT(claims).setProtectedHeader(header).setIssuedAt().sign(privateKey);
}

/** Checks a token and a proof that were stolen from `wire`. */
export async function checkStolen({ api }, wire) {
  const url = `${api}/orders`;
  const call = wire.calls.findLast(({ path, status, headers }) => path === '/orders' && status === 200 && headers.dpop);
  const { authorization, dpop } = call.headers;
  const token = authorization.replace('DPoP ', '');
  const { nonce } = claimsOf(dpop);

  await check('a stolen token is not a bearer token', async () => {
    checkRejected(await send(url, { Authorization: `Bearer ${token}` }), 'invalid_token');
  });
  await check('a stolen token without a proof is rejected', async () => {
    checkRejected(await send(url, { Authorization: authorization }), 'invalid_dpop_proof');
  });
  await check('a stolen token with a proof of another key is rejected', async () => {
    const proof = await proofOfAnotherKey(token, { method: 'GET', url, nonce });
    checkRejected(await send(url, { Authorization: authorization, DPoP: proof }), 'invalid_token');
  });
  await check('a stolen proof is rejected, since it was used', async () => {
    checkRejected(await send(url, { Authorization: authorization, DPoP: dpop }), 'invalid_dpop_proof');
  });
  await check('a stolen proof is for no other request', async () => {
    const headers = { Authorization: authorization, DPoP: dpop };
    checkRejected(await send(`${api}/transfer`, headers, 'POST'), 'invalid_dpop_proof');
  });
  await check('the token of the WebSocket is valid for nothing else', async () => {
    const { access_token } = wire.tokens.find(({ token_type }) => token_type === 'Bearer');
    checkRejected(await send(url, { Authorization: `Bearer ${access_token}` }), 'invalid_token');
    checkRejected(await send(url, { Authorization: `DPoP ${access_token}`, DPoP: dpop }), 'invalid_token');
  });
}

/** Asks for a WebSocket, and returns the status and the challenge of the response. */
async function handshake(api, protocols) {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...(protocols && { 'Sec-WebSocket-Protocol': protocols }),
  };
  const request = httpRequest(`${api}/events`, { headers }).end();
  const [response] = await Promise.race([once(request, 'response'), once(request, 'upgrade')]);
  response.resume();
  request.destroy();
  return { status: response.statusCode, challenge: response.headers['www-authenticate'] ?? '' };
}

export async function checkWebSocket({ api }, wire) {
  const bound = wire.tokens.find(({ token_type }) => token_type === 'DPoP').access_token;
  const rejected = { status: 401, challenge: 'Bearer error="invalid_token"' };
  await check('a WebSocket needs a token', async () => {
    assert.deepEqual(await handshake(api), { status: 401, challenge: 'Bearer' });
  });
  await check('a WebSocket takes no token that is bound to a key', async () => {
    const { status, challenge } = await handshake(api, `bearer, ${bound}`);
    assert.deepEqual({ status, challenge: challenge.split(',')[0] }, rejected);
  });
}

/** Checks tokens that are valid, but not for what they are used for here. */
export async function checkWrongTokens({ api, page: origin }, browser, wire) {
  const { page, close } = await newPage(browser);
  await page.goto(`${origin}/`);
  const expired = wire.tokens.find(({ token_type }) => token_type === 'Bearer').access_token;
  await check('a WebSocket with an expired token, within the leeway of the layer, ends at once', async () => {
    assert.ok(claimsOf(expired).exp < Date.now() / 1000);
    const end = await socketIn(page, `${api.replace('http', 'ws')}/events`, ['bearer', expired]);
    assert.deepEqual(end, [1008, 'the access token has expired', 0]);
  });
  await check('a token for the API that the page has asked for without a proof is rejected', async () => {
    await signIn(page, 'with a passkey');
    const token = await page.evaluate(async (api) => {
      const { discover, newRequest, silently, tokenFor } = await import('/oauth.js');
      const { clientId } = await import('/api.js');
      const metadata = await (await fetch(`${api}/.well-known/oauth-protected-resource`)).json();
      const { issuer } = await discover(metadata.authorization_servers[0]);
      const request = { clientId, path: '/silent.html', scope: 'openid api', resource: api, prompt: 'none' };
      const { url, pending } = await newRequest(issuer, request);
      return tokenFor(await silently(url), pending, { resource: api });
    }, api);
    const { aud, cnf } = claimsOf(token.access_token);
    assert.deepEqual([token.token_type, aud, cnf], ['Bearer', api, undefined]);
    checkRejected(await send(`${api}/orders`, { Authorization: `Bearer ${token.access_token}` }), 'invalid_token');
  });
  await close();
}

/** Starts a server whose pages are of an origin that the API does not know. */
async function startOther() {
  const page = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>other</title>';
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html', 'Access-Control-Allow-Origin': '*' }).end(page);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

/** Returns what a script of the page gets: a status, or the name of the exception. */
const fetchIn = (page, url, headers = {}) =>
  page.evaluate(
    async ([url, headers]) =>
      fetch(url, { headers }).then(
        ({ status }) => status,
        ({ name }) => name,
      ),
    [url, headers],
  );

/** Returns how a WebSocket ends in a script of the page: [code, reason, number of messages]. */
const socketIn = (page, url, protocols) =>
  page.evaluate(
    async ([url, protocols]) => {
      const socket = new WebSocket(url, protocols);
      let messages = 0;
      socket.onmessage = () => {
        messages += 1;
      };
      const { code, reason } = await new Promise((resolve) => {
        socket.onclose = resolve;
      });
      return [code, reason, messages];
    },
    [url, protocols],
  );

export async function checkOtherOrigin({ api, page: origin }, browser, wire) {
  const { page, close } = await newPage(browser);
  const other = await startOther();
  await page.goto(other);
  const { access_token } = wire.tokens[0];
  const headers = { Authorization: `DPoP ${access_token}` };
  await check('a script of another origin can neither call the API nor read a challenge', async () => {
    assert.equal(await fetchIn(page, `${api}/orders`), 'TypeError');
    assert.equal(await fetchIn(page, `${api}/orders`, headers), 'TypeError');
  });
  await check('a script of another origin can read the metadata, which is public', async () => {
    assert.equal(await fetchIn(page, `${api}/.well-known/oauth-protected-resource`), 200);
  });
  await check('a script of another origin gets no WebSocket without a token, and sees no reason', async () => {
    assert.deepEqual(await socketIn(page, `${api.replace('http', 'ws')}/events`, ['bearer']), [1006, '', 0]);
  });
  await check('another origin can not show the page in a frame', async () => {
    await page.evaluate((url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
      return new Promise((resolve) => {
        frame.onload = resolve;
      });
    }, `${origin}/`);
    // The page in the frame is the browser's own, about the error.
    assert.equal(page.frames().filter((frame) => frame.url().startsWith(origin)).length, 0);
  });
  await close();
}

export async function checkPage({ page: origin, provider }, browser) {
  const { page, close } = await newPage(browser);
  await page.goto(`${origin}/`);
  await check('a code that the page has not asked for is rejected', async () => {
    await page.click('#sign-in button');
    await page.waitForURL(`${provider.issuer}/**`);
    await page.goto(`${origin}/?code=stolen&state=guessed&iss=${encodeURIComponent(provider.issuer)}`);
    const { state, text } = await shownIn(page, 'sign-in');
    assert.deepEqual([state, text], ['failed', 'Error: the state is not that of the request']);
    await page.goto(`${origin}/?code=stolen&state=guessed`);
    assert.equal(await page.evaluate(() => sessionStorage.getItem('pending')), null);
  });
  await check('a script that is injected into the page is not run, and sends nothing elsewhere', async () => {
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
      return window.injected === true;
    });
    assert.equal(ran, false);
    assert.equal(await fetchIn(page, await startOther()), 'TypeError');
  });
  await close();
}
