// Calls of the API, and what a script can read of its responses.

import { fetchWithProof } from '/dpop.js';
import { storedKey } from '/key_store.js';

export const { api, clientId } = await (await fetch('/config.json')).json();

/** The key is that of this browser. The token is lost when the page is left. */
export const session = { key: await storedKey(), token: undefined };

/** Sends a request with the token, if there is one, and its proof. */
export function send(url, options = {}) {
  const { key, token } = session;
  return token === undefined
    ? fetch(url, options)
    : fetchWithProof(key, url, { token, ...options });
}

export const challengeOf = (response) => response.headers.get('WWW-Authenticate') ?? '';

/** Returns a challenge with a parameter on each line. */
const lines = (challenge) => challenge.replaceAll(/(?<=^\w+) |,(?=\w+=")/g, '\n');

/** Returns a response as text: the status, and the challenge or the body. */
export async function shown(response) {
  const challenge = challengeOf(response);
  const isJson = response.headers.get('Content-Type') === 'application/json';
  const body = async () =>
    isJson ? JSON.stringify(await response.json(), null, 1) : response.text();
  const rest = challenge === '' ? await body() : `WWW-Authenticate: ${lines(challenge)}`;
  return `${response.status} ${response.statusText}\n${rest}`;
}
