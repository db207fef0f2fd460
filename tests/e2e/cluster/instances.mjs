// The instances of the service: the example resource_server, three times.

import { setTimeout as sleep } from 'node:timers/promises';

import { ended, firstLine, get, start } from '../interop/harness.mjs';
import { stablePort, until } from './redis.mjs';

const START_LIMIT = 20_000;

export const now = () => performance.now();

/** One instance. It keeps its port when it is restarted. */
export class Instance {
  /** When it was last started, and when it had loaded keys and revocations. */
  startedAt = Infinity;
  readyAt = Infinity;
  isDown = true;
  /** Until when a request that has failed was sent to a process that was ending. */
  upSince = Infinity;

  constructor(name, onStale, args) {
    Object.assign(this, { name, onStale, args });
  }

  async start() {
    this.port ??= await stablePort();
    this.url = `http://127.0.0.1:${this.port}`;
    this.startedAt = now();
    this.child = start(this.name, this.args[0], ['--listen', `127.0.0.1:${this.port}`, '--on-stale', this.onStale, ...this.args.slice(1)]);
    await firstLine(this.child, START_LIMIT);
    this.isDown = false;
    this.upSince = now();
    this.#watch();
  }

  /** Notes when it is ready. */
  async #watch() {
    const { child } = this;
    while (this.child === child && !this.isDown) {
      const health = await this.health().catch(() => undefined);
      if (health?.revocations.shared.loads > 0 && health.issuers.every(({ serving }) => serving)) {
        this.readyAt = now();
        return;
      }
      await sleep(5);
    }
  }

  async health() {
    return JSON.parse((await get(`${this.url}/healthz`)).text);
  }

  async stop(signal) {
    this.isDown = true;
    this.readyAt = Infinity;
    await ended(this.child, signal);
  }

  async restart(signal) {
    await this.stop(signal);
    await this.start();
  }

  ready(limit) {
    return until(`${this.name} is ready`, () => this.readyAt < Infinity, limit);
  }
}
