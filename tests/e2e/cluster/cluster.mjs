// The service as its clients see it: three instances, and a balancer for the provider's logout tokens.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { text as bodyOf } from 'node:stream/consumers';

import { now } from './instances.mjs';
import { until } from './redis.mjs';

const LIMIT = 10_000;

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url').toString());

/**
 * Sends a request to an instance: { status, retryAfter, sent, received }. The status is 0 if there is no
 * answer.
 */
export async function send(instance, path, options) {
  const sent = now();
  try {
    const response = await fetch(`${instance.url}${path}`, { signal: AbortSignal.timeout(LIMIT), ...options });
    await response.text();
    return { status: response.status, retryAfter: response.headers.get('retry-after'), sent, received: now() };
  } catch {
    return { status: 0, retryAfter: null, sent, received: now() };
  }
}

const withToken = ({ text }, method = 'GET') => ({ method, headers: { Authorization: `Bearer ${text}` } });

export class Cluster {
  instances = [];
  /** All tokens, the latest last, and the ones to be used once. */
  tokens = [];
  onceTokens = [];
  /** The logout tokens that no instance has acknowledged. */
  unacknowledged = [];
  /** Told of each acknowledged revocation. */
  onAck = () => {};
  /** The instance that gets the logout tokens; otherwise one at random. */
  logoutInstance = undefined;

  constructor(oracle) {
    this.oracle = oracle;
  }

  up() {
    const up = this.instances.filter(({ isDown }) => !isDown);
    return pick(up.length > 0 ? up : this.instances);
  }

  any() {
    return pick(this.instances);
  }

  /** Sends a request with the token, and judges the answer. */
  async ask(token, instance) {
    const answer = await send(instance, '/whoami', withToken(token));
    this.oracle.judge(token, instance, answer);
    return answer;
  }

  async use(token, instance) {
    const answer = await send(instance, '/once', withToken(token));
    token.uses.push({ instance, ...answer });
    return answer;
  }

  /** Revokes the tokens by a request with the first one. */
  async revoke(tokens, path, instance = this.up()) {
    tokens.forEach((token) => token.startRevoking());
    const { status, retryAfter } = await send(instance, path, withToken(tokens[0], 'POST'));
    if (status === 204) this.#acknowledged(tokens, instance);
    // The handler's answer, and not that of the layer: it is in force there.
    else if (status === 503 && retryAfter === null) this.#unstored(tokens, instance);
    else this.oracle.count(`revoking failed with ${status}`);
    return status;
  }

  #acknowledged(tokens, instance) {
    tokens.forEach((token) => token.ack(instance));
    this.oracle.count('revoked');
    this.onAck(tokens, instance);
  }

  #unstored(tokens, instance) {
    const startedAt = instance.startedAt;
    tokens.forEach((token) => { token.unstoredAt ??= { instance, startedAt }; });
    this.oracle.count('revoked, not stored');
  }

  /** Listens where the provider sends logout tokens to. Returns the URL. */
  async listen() {
    const server = createServer(async (request, response) => {
      const form = await bodyOf(request);
      const status = await this.logOut(form);
      response.writeHead(status).end();
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return `http://127.0.0.1:${server.address().port}/backchannel-logout`;
  }

  /** Hands a logout token to an instance, and to the next one if there is no answer. */
  async logOut(form) {
    const { sub, sid, iat } = claimsOf(new URLSearchParams(form).get('logout_token'));
    const isEnded = ({ claims }) => claims.sub === sub && (sid === undefined ? claims.iat <= iat : claims.sid === sid);
    const tokens = this.tokens.filter(isEnded);
    assert.ok(tokens.length > 0, 'the tokens of a session are known before it ends');
    tokens.forEach((token) => token.startRevoking());
    for (let tries = 0; tries < 10; tries += 1) {
      const instance = this.logoutInstance ?? this.up();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const { status } = await send(instance, '/backchannel-logout', { method: 'POST', headers, body: form });
      if (status === 200) {
        this.#acknowledged(tokens, instance);
        return 200;
      }
      if (status !== 0) {
        this.oracle.count(`log-out answered with ${status}`);
        if (status === 503 && instance.readyAt < Infinity) this.#unstored(tokens, instance);
        this.unacknowledged.push(form);
        return status;
      }
    }
    return 503;
  }

  /** Waits until all instances are up to date, and tokens are accepted once. */
  async recovered(newOnceToken) {
    for (const instance of this.instances) {
      await until(`${instance.name} is up to date`, async () => {
        const { last_error: error, age, pending } = (await instance.health()).revocations.shared;
        return error === undefined && age !== null && age <= 1 && pending === 0;
      });
      await until(`${instance.name} accepts tokens once`, async () => (await this.use(await newOnceToken(), instance)).status === 200);
    }
  }

  /** Ends a disturbance. What was in force at one instance is now known to all. */
  end(fault) {
    fault.to = now();
    for (const token of this.tokens) {
      const { unstoredAt } = token;
      if (unstoredAt?.instance.startedAt === unstoredAt?.startedAt && unstoredAt) token.ack(undefined, fault.to);
      token.unstoredAt = undefined;
    }
  }
}
