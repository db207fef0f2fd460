// The steps. What they show is kept while the browser is at the issuer; tokens are not.

import { api, challengeOf, clientId, send, session, shown } from '/api.js';
import { thumbprint } from '/dpop.js';
import { call } from '/grpc_web.js';
import { issuerOf, newRequest, parameters, silently, tokenFor } from '/oauth.js';

const SCOPE = 'openid api';

const section = (id) => document.getElementById(id);

function show(id, state, text) {
  section(id).dataset.state = state;
  section(id).querySelector('pre').textContent = text;
  sessionStorage.setItem(`shown ${id}`, JSON.stringify([state, text]));
}

const append = (id, state, line) => {
  const before = section(id).querySelector('pre').textContent;
  show(id, state, before === '' ? line : `${before}\n${line}`);
};

/** Runs the step when its button is pressed, and shows why it fails. */
function step(id, run, button = section(id).querySelector('button')) {
  button.onclick = async () => {
    button.disabled = true;
    show(id, 'running', '');
    await run().catch((error) => append(id, 'failed', String(error)));
    button.disabled = false;
  };
}

/** Returns the issuer that the API names when it is called without a token. */
async function findIssuer() {
  const response = await fetch(`${api}/orders`);
  const issuer = await issuerOf(api, challengeOf(response));
  return { response, issuer };
}

step('challenge', async () => {
  const { response, issuer } = await findIssuer();
  show(
    'challenge',
    'rejected',
    `${await shown(response)}\nThe metadata says: sign in at ${issuer}`,
  );
});

/** Leaves the page. `then` is the step that goes on when the browser is back. */
async function signIn(more, then) {
  const { issuer } = await findIssuer();
  const request = { clientId, path: '/', scope: SCOPE, resource: api, ...more };
  const { url, pending } = await newRequest(issuer, request);
  sessionStorage.setItem('pending', JSON.stringify({ ...pending, then, more }));
  location.assign(url);
}

step('sign-in', () => signIn({}));

/** What the last sign-in was asked for, if a challenge required it. */
let stepUp;

/** Gets the token for the code with which the browser is back. */
async function finishSignIn() {
  const { then, more, ...pending } = JSON.parse(sessionStorage.getItem('pending'));
  sessionStorage.removeItem('pending');
  const query = location.search;
  history.replaceState(null, '', '/');
  const result = await tokenFor(query, pending, { key: session.key, resource: api });
  session.token = result.access_token;
  const key = await thumbprint(session.key);
  show(
    'sign-in',
    'done',
    `${result.token_type} token for ${result.expires_in} s, bound to the key\n${key}`,
  );
  if (then === undefined) return;
  // `JSON.stringify` has left out what is undefined.
  stepUp = Object.entries(more).map(([name, value]) => `${name}=${value}`);
  section(then).querySelector('button').click();
}

async function tryExport() {
  const { privateKey } = session.key;
  return crypto.subtle.exportKey('jwk', privateKey).then(
    () => 'the private key was exported',
    (error) => `exporting the private key: ${error.name}`,
  );
}

step('orders', async () => {
  const onNonce = (response) =>
    append(
      'orders',
      'running',
      `${response.status} ${parameters(challengeOf(response)).error}: once more, with the nonce`,
    );
  const response = await send(`${api}/orders`, { onNonce });
  append(
    'orders',
    response.ok ? 'done' : 'rejected',
    `${await shown(response)}\n${await tryExport()}`,
  );
});

step('transfer', async () => {
  const response = await send(`${api}/transfer`, { method: 'POST' });
  if (stepUp !== undefined)
    append('transfer', 'running', `Signed in again, with ${stepUp.join(' and ')}`);
  stepUp = undefined;
  append('transfer', response.ok ? 'done' : 'rejected', await shown(response));
  const { error, acr_values, max_age } = parameters(challengeOf(response));
  const button = section('step-up');
  button.hidden = error !== 'insufficient_user_authentication';
  // What the API requires goes to the issuer as it is (RFC 9470 §4).
  step('transfer', () => signIn({ acr_values, max_age }, 'transfer'), button);
});

/** Returns a token for the WebSocket alone. It is bound to no key, since no proof is sent. */
async function eventsToken() {
  const { issuer } = await findIssuer();
  const resource = `${api}/events`;
  const request = { clientId, path: '/silent.html', scope: SCOPE, resource, prompt: 'none' };
  const { url, pending } = await newRequest(issuer, request);
  return tokenFor(await silently(url), pending, { resource });
}

step('events', async () => {
  const { access_token, token_type, expires_in } = await eventsToken();
  append('events', 'running', `${token_type} token for ${expires_in} s`);
  const socket = new WebSocket(`${api.replace('http', 'ws')}/events`, ['bearer', access_token]);
  socket.onmessage = ({ data }) => append('events', 'running', data);
  const { code, reason } = await new Promise((resolve) => {
    socket.onclose = resolve;
  });
  append(
    'events',
    code === 1008 ? 'done' : 'rejected',
    `closed with ${code}: ${reason || 'the log of the API says why'}`,
  );
});

step('grpc', async () => {
  const greeter = `${api}/demo.Greeter`;
  const line = (text) => append('grpc', 'running', text);
  const status = (method, { code, message }) =>
    line(`${method}: status ${code}${message && `, ${message}`}`);
  status('Hello without a token', await call(fetch, `${greeter}/Hello`, '', line));
  status('Hello', await call(send, `${greeter}/Hello`, '', line));
  const ticks = await call(send, `${greeter}/Ticks`, '', (text) => {
    line(text);
    return text !== 'tick 2';
  });
  if (ticks !== null) status('Ticks', ticks);
  append(
    'grpc',
    ticks === null ? 'done' : 'rejected',
    ticks === null ? 'Ticks: given up' : 'Ticks: ended',
  );
});

function showAgain() {
  section('api').textContent = api;
  for (const { id } of document.querySelectorAll('section')) {
    const stored = sessionStorage.getItem(`shown ${id}`);
    if (stored !== null) show(id, ...JSON.parse(stored));
  }
}

showAgain();
const isBack =
  /[?&](code|error)=/.test(location.search) && sessionStorage.getItem('pending') !== null;
if (isBack) await finishSignIn().catch((error) => show('sign-in', 'failed', String(error)));
