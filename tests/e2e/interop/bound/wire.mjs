// Requests whose header lines are sent as they are given, and challenges as they are received.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';

const TIME_LIMIT = 10_000;

/** Returns the challenge of one `WWW-Authenticate` field: { scheme, parameters }. */
export function parseChallenge(field) {
  const [scheme] = field.split(' ', 1);
  const parameters = [...field.slice(scheme.length).matchAll(/[ ,]+([a-z_]+)="([^"]*)"/g)];
  return { scheme, parameters: Object.fromEntries(parameters.map(([, name, value]) => [name, value])) };
}

/** Returns the challenges of several fields that are joined by commas, as Node does. */
export function parseJoined(fields) {
  return fields.split(/, (?=Bearer\b|DPoP\b)/).map(parseChallenge);
}

/**
 * Sends a request. `headers` are pairs of a name and a value, and may repeat a name. `authority` is
 * that of the request, if it isn't the server's. Returns { status, challenges, nonces, cacheControl,
 * text }.
 */
export async function send(url, headers = [], { method = 'GET', authority } = {}) {
  const { host, hostname, port, pathname, search } = new URL(url);
  const fields = [['Host', authority ?? host], ['Connection', 'close'], ...headers].flat();
  const path = pathname + search;
  const request = httpRequest({ hostname, port, method, path, headers: fields, timeout: TIME_LIMIT, agent: false });
  request.on('timeout', () => request.destroy(new Error(`${url} did not respond`)));
  request.end();
  const [response] = await once(request, 'response');
  const { 'www-authenticate': challenges = [], 'dpop-nonce': nonces = [] } = response.headersDistinct;
  return {
    status: response.statusCode,
    challenges: challenges.map(parseChallenge),
    nonces,
    cacheControl: response.headers['cache-control'],
    text: await text(response),
  };
}

/** Returns the challenges as words: each is the scheme, followed by the error if there is one. */
export function summary(challenges) {
  return challenges.map(({ scheme, parameters: { error } }) => (error === undefined ? scheme : `${scheme} ${error}`));
}

/** Asserts the status and the challenges, and that each challenge for DPoP says which algorithms are allowed. */
export function assertRejected({ status, challenges, text: body }, expected) {
  assert.deepEqual([status, ...summary(challenges)], expected, body);
  for (const { scheme, parameters } of challenges) {
    assert.equal(/\bES256\b/.test(parameters.algs ?? ''), scheme === 'DPoP', `${scheme}: algs="${parameters.algs}"`);
  }
}
