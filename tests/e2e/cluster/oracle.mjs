// The oracle: it knows when each token was revoked, by whom this was acknowledged, and when Redis was
// disturbed, and so which answers are right.

import { now } from './instances.mjs';

/** How long after the acknowledgement the other instances may take, in milliseconds. */
const BOUND = Number(process.env.CLUSTER_BOUND ?? 100);
/** What the primary has acknowledged for so long before it is killed may not be on the replica. */
const NOT_REPLICATED = 1000;
/** How long after the last answer of Redis a list counts as up to date: `--max-staleness`. */
export const STALENESS = 5000;
/** An idle list is confirmed once a second, and may thus be older when the disturbance begins. */
const CONFIRMED_EACH = 1500;
/** A pooled connection to a process that was killed may still be used. */
const POOLED = 200;
/** The layer of `/once` fetches keys of its own. */
const SECOND_LAYER = 1000;

/** An access token, and what is known of it. */
export class Token {
  /** When the first request was sent that revokes it, and when and by whom one was acknowledged. */
  revoking = Infinity;
  acked = Infinity;
  ackedBy = undefined;
  /** The instance where the revocation is in force, although it could not be stored. */
  unstoredAt = undefined;
  /** The answers at `/once`: { instance, status, sent, received }. */
  uses = [];

  constructor(text) {
    this.text = text;
    this.claims = JSON.parse(Buffer.from(text.split('.')[1], 'base64url').toString());
  }

  startRevoking() {
    this.revoking = Math.min(this.revoking, now());
  }

  ack(instance, at = now()) {
    if (at < this.acked) Object.assign(this, { acked: at, ackedBy: instance });
  }
}

export class Oracle {
  /** The disturbances of Redis: { kind, from, to }. */
  faults = [];
  counts = {};
  wrong = [];

  begin(kind) {
    const fault = { kind, from: now(), to: Infinity };
    this.faults.push(fault);
    return fault;
  }

  count(what) {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  #note(outcome, detail) {
    this.count(outcome);
    if (outcome === 'wrong') this.wrong.push(detail());
  }

  /** Returns how often each outcome was seen since the last call, and forgets it. */
  take() {
    const { counts, wrong } = this;
    Object.assign(this, { counts: {}, wrong: [] });
    return { counts, wrong };
  }

  /** Judges an answer to a request with a token. The status is 0 if there was none. */
  judge(token, instance, { status, sent, received }) {
    this.#note(this.#outcome(token, instance, status, sent, received), () => ({
      status, instance: instance.name, claims: token.claims,
      after: { revoking: sent - token.revoking, acked: sent - token.acked, start: sent - instance.startedAt, took: received - sent },
      ackedBy: token.ackedBy?.name, faults: this.faults.map(({ kind, from, to }) => [kind, sent - from, sent - to]),
    }));
  }

  #outcome(token, instance, status, sent, received) {
    switch (status) {
      case 200: return this.#outcomeOfAccepted(token, instance, sent);
      case 401: return received >= token.revoking ? 'rejected' : 'wrong';
      case 503: return this.#mayBeUnavailable(instance, sent, received) ? 'unavailable' : 'wrong';
      case 0: return mayBeUnreachable(instance, sent) ? 'unreachable' : 'wrong';
      default: return 'wrong';
    }
  }

  #outcomeOfAccepted(token, instance, sent) {
    const isOwn = token.ackedBy === instance && instance.startedAt < token.acked;
    if (sent <= token.acked + (isOwn ? 0 : BOUND)) return 'accepted';
    const fault = this.faults.find(({ from, to }) => from - BOUND <= token.acked && token.acked < to);
    if (isOwn || fault === undefined) return 'wrong';
    // The instance has not heard of it: until Redis is back, or its list is stale.
    const end = instance.onStale === 'reject' ? Math.min(fault.to, token.acked + STALENESS) : fault.to;
    return sent <= end + BOUND ? 'accepted, not heard yet' : 'wrong';
  }

  #mayBeUnavailable(instance, sent, received) {
    if (sent < instance.readyAt) return true;
    const isStale = ({ from, to }) => received > from + STALENESS - CONFIRMED_EACH && sent < to + BOUND;
    return instance.onStale === 'reject' && this.faults.some(isStale);
  }

  /** Judges the answers at `/once` to one token, of which none is missing. */
  judgeUses({ claims, uses }) {
    for (const { instance, status, sent, received } of uses) {
      const isDisturbed = this.faults.some(({ from, to }) => received > from && sent < to + BOUND);
      if (status === 0) this.#note(mayBeUnreachable(instance, sent) ? 'unreachable' : 'wrong', () => ({ use: claims, status }));
      else if (status === 503 && !isDisturbed && sent > instance.readyAt + SECOND_LAYER) this.count('use too slow');
    }
    this.#note(this.#outcomeOfUses(uses), () => ({
      claims, uses: uses.map(({ instance, status, sent }) => [instance.name, status, sent]), faults: this.faults,
    }));
  }

  #outcomeOfUses(uses) {
    const [first, second] = uses.filter(({ status }) => status === 200).sort((a, b) => a.received - b.received);
    if (first === undefined) return uses.every(({ status }) => status === 401) ? 'wrong' : 'used, no answer';
    if (second === undefined) return 'used once';
    const isLost = ({ kind, from, lostAt = from }) =>
      (kind === 'failover' && from - NOT_REPLICATED <= first.received && first.sent <= from && from < second.received)
      || (kind === 'data loss' && first.sent <= lostAt && from < second.received);
    return this.faults.some(isLost) ? 'used twice, not replicated' : 'wrong';
  }
}

function mayBeUnreachable(instance, sent) {
  return instance.isDown || sent < instance.upSince + POOLED;
}
