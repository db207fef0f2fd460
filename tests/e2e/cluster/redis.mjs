// Redis on loopback: a primary, a replica and a sentinel, as processes that can be killed.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { start } from '../interop/harness.mjs';

const PROGRAM = process.env.REDIS_SERVER_PROGRAM;
const WAIT_LIMIT = 20_000;
/** The name under which the sentinel knows the primary. */
const SERVICE = 'orders';

/**
 * Returns a port that stays free while nothing listens there: it is none of those that the system
 * gives to clients.
 */
export async function stablePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (isFree) {
      await new Promise((resolve) => { server.close(resolve); });
      return port;
    }
  }
}

/** Waits until the condition, which may be async and may throw, holds. */
export async function until(what, condition, limit = WAIT_LIMIT) {
  const end = Date.now() + limit;
  while (!await Promise.resolve().then(condition).catch(() => false)) {
    assert.ok(Date.now() < end, `not after ${limit / 1000} s: ${what}`);
    await sleep(20);
  }
}

/** A process of Redis. What it has acknowledged is on disk, so that it survives a restart. */
class Server {
  constructor(folder, port) {
    Object.assign(this, { folder, port });
  }

  run(...args) {
    const common = ['--bind', '127.0.0.1', '--port', `${this.port}`, '--dir', this.folder, '--save', ''];
    this.child = start(`Redis on ${this.port}`, PROGRAM, [...common, '--appendonly', 'yes', '--appendfsync', 'always', ...args]);
    return until(`Redis on ${this.port} answers`, async () => (await this.command('PING')).startsWith('+PONG'));
  }

  /** Starts it without its data. */
  runEmpty() {
    rmSync(join(this.folder, 'appendonlydir'), { recursive: true });
    return this.run();
  }

  async kill() {
    this.child.process.kill('SIGKILL');
    await this.child.exit;
  }

  /** Sends one command, and returns the answer as it was sent. */
  command(text) {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(this.port, '127.0.0.1', () => socket.write(`${text}\r\n`));
      socket.setEncoding('utf8').setTimeout(1000, () => socket.destroy(new Error('no answer')));
      socket.on('error', reject).on('close', () => reject(new Error('no answer')));
      socket.on('data', (part) => {
        answer += part;
        const [head, len] = /^(?:\$(\d+)|[:+-].*)\r\n/.exec(answer) ?? [];
        if (head !== undefined && answer.length >= head.length + Number(len ?? 0)) {
          resolve(answer);
          socket.destroy();
        }
      });
    });
  }
}

/** The primary, its replica, and the sentinel that replaces the former by the latter. */
export class Redis {
  static async start() {
    const folder = mkdtempSync(join(tmpdir(), 'cluster-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const redis = new Redis();
    const server = async () => new Server(mkdtempSync(join(folder, 'redis-')), await stablePort());
    redis.primary = await server();
    await redis.primary.run();
    redis.replica = await server();
    await redis.replica.run('--replicaof', '127.0.0.1', `${redis.primary.port}`);
    await redis.#startSentinel(join(folder, 'sentinel.conf'), folder);
    await until('the replica is in step', async () => {
      const [replica, sentinel] = await Promise.all([redis.replica.command('INFO replication'), redis.#sentinel.command('INFO sentinel')]);
      return replica.includes('master_link_status:up') && sentinel.includes('slaves=1');
    });
    return redis;
  }

  #sentinel;

  async #startSentinel(file, folder) {
    this.#sentinel = new Server(folder, await stablePort());
    const lines = [
      `port ${this.#sentinel.port}`, 'bind 127.0.0.1', `dir ${folder}`,
      `sentinel monitor ${SERVICE} 127.0.0.1 ${this.primary.port} 1`,
      `sentinel down-after-milliseconds ${SERVICE} 1000`, `sentinel failover-timeout ${SERVICE} 3000`,
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    this.#sentinel.child = start('the sentinel', PROGRAM, [file, '--sentinel']);
    await until('the sentinel answers', async () => (await this.#sentinel.command('PING')).startsWith('+PONG'));
  }

  /** The options with which an instance finds the primary. */
  get options() {
    const sentinel = `redis://127.0.0.1:${this.#sentinel.port}`;
    return ['--redis', `redis://${SERVICE}`, '--redis-plain-tcp', '--redis-sentinel', sentinel];
  }

  /** Has the replica miss what is written from now on. */
  async cutOffReplica() {
    this.replica.child.process.kill('SIGSTOP');
    await this.primary.command('CLIENT KILL TYPE replica');
  }

  /** Kills the primary. Resolves when the replica has become the primary. */
  async failOver() {
    await this.primary.kill();
    this.replica.child.process.kill('SIGCONT');
    await until('the replica is promoted', async () => (await this.replica.command('INFO replication')).includes('role:master'));
    this.primary = this.replica;
  }
}
