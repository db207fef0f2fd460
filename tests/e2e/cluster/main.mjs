// Three instances of the example resource_server, one Redis with a replica and a sentinel, and one
// OpenID provider with back-channel logout: users sign in and out under load, tokens are used again,
// Redis fails over, is down and loses its data, and instances are restarted. An oracle judges every
// answer.
//
//   node main.mjs PATH-OF-RESOURCE-SERVER
//
// Prints a line for each check, and at the end `N passed, N failed`. The exit code is 0 if none
// failed. `run.sh` installs and builds what this requires, then runs it.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { check, firstLine, runAll, start } from '../interop/harness.mjs';
import { Cluster } from './cluster.mjs';
import { Instance, now } from './instances.mjs';
import { Latency, percentile } from './latency.mjs';
import { Oracle, STALENESS } from './oracle.mjs';
import { Redis, until } from './redis.mjs';
import { Load } from './users.mjs';

const TIME_LIMIT = 300_000;
const START_LIMIT = 20_000;

async function startProvider(logoutUri) {
  const path = fileURLToPath(new URL('../interop/session_provider.mjs', import.meta.url));
  const child = start('the provider', process.execPath, [path, logoutUri]);
  return JSON.parse(await firstLine(child, START_LIMIT));
}

class Run {
  constructor(binary) {
    this.binary = binary;
    this.oracle = new Oracle();
    this.cluster = new Cluster(this.oracle);
  }

  async start() {
    this.redis = await Redis.start();
    const provider = await startProvider(await this.cluster.listen());
    const clients = provider.clients.flatMap(({ client_id }) => ['--logout-client', client_id]);
    const args = [
      this.binary, '--issuer', provider.issuer, '--audience', provider.audience, ...this.redis.options,
      '--redis-prefix', 'cluster', '--max-staleness', `${STALENESS / 1000}`, ...clients,
    ];
    const [a, b, c] = ['reject', 'reject', 'last-known'].map((onStale, i) => new Instance(`instance ${i + 1}`, onStale, args));
    Object.assign(this, { a, b, c });
    this.cluster.instances = [a, b, c];
    await Promise.all(this.cluster.instances.map(async (instance) => {
      await instance.start();
      await instance.ready();
    }));
    this.load = new Load(this.cluster, provider);
    this.load.start({ users: 8, clients: 6 });
  }

  /** Runs one part of the test until there were enough answers, then checks that none was wrong. */
  async phase(name, body, enough = {}) {
    const { oracle } = this;
    const isEnough = () => Object.entries(enough).every(([what, min]) => (oracle.counts[what] ?? 0) >= min);
    const course = async () => {
      await body();
      await until(`enough of ${JSON.stringify(enough)}`, isEnough);
    };
    await check(`${name}: it takes its course`, () => Promise.race([course(), this.load.failed]));
    const { counts, wrong } = oracle.take();
    const shown = Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(', ');
    await check(`${name}: no answer is wrong`, () => {
      assert.equal(wrong.length, 0, `${wrong.length} wrong of ${shown}; such as ${JSON.stringify(wrong.slice(0, 3))}`);
      // A request waits for Redis for 100 ms, which a busy machine can take.
      assert.ok((counts['use too slow'] ?? 0) <= 5 + (counts['used once'] ?? 0) / 4, `too slow: ${shown}`);
    });
    console.log(`# ${shown}`);
  }

  recovered() {
    return this.cluster.recovered(() => this.load.newOnceToken());
  }

  async status(token, instance) {
    return (await this.cluster.ask(token, instance)).status;
  }

  async statuses(token) {
    return Promise.all(this.cluster.instances.map((instance) => this.status(token, instance)));
  }

  /** Users sign in and out. */
  async steady() {
    const latency = new Latency(this.cluster);
    this.cluster.onAck = (...revoked) => latency.observe(...revoked);
    await sleep(12_000);
    await until('enough is measured', () => latency.rejected.length > 20);
    this.cluster.onAck = () => {};
    const show = (times) => [50, 99, 100].map((p) => `p${p} ${percentile(times, p).toFixed(1)} ms`).join(', ');
    console.log(`# after the acknowledgement, another instance got the last request that it accepted: ${show(latency.accepted)}`);
    console.log(`# and the first one that it rejected: ${show(latency.rejected)}, of ${latency.rejected.length}`);
  }

  /** Each instance is restarted in turn: it rejects all until it has loaded the list. */
  async restarts() {
    for (const [instance, signal] of [[this.a, 'SIGTERM'], [this.b, 'SIGKILL'], [this.c, 'SIGTERM']]) {
      await instance.restart(signal);
      await instance.ready(3000);
      await sleep(800);
    }
  }

  /**
   * The primary is killed, and the replica takes its place, without what was acknowledged last: a used
   * token is accepted once more, and the instances store again what was revoked.
   */
  async failover() {
    const { load, cluster } = this;
    const [once, revoked] = [await load.newOnceToken(), await load.signIn(load.agent(load.withSid))];
    await this.redis.cutOffReplica();
    assert.equal((await cluster.use(once, this.a)).status, 200);
    assert.equal(await cluster.revoke([revoked], '/sign-out'), 204);
    await sleep(300);
    const fault = this.oracle.begin('failover');
    await this.redis.failOver();
    const promoted = now();
    await this.recovered();
    this.cluster.end(fault);
    const seconds = (time) => ((time - fault.from) / 1000).toFixed(1);
    console.log(`# after ${seconds(promoted)} s the replica is the primary, after ${seconds(fault.to)} s all instances use it`);
    assert.deepEqual(await this.statuses(revoked), [401, 401, 401]);
    await this.replay();
    await sleep(1000);
  }

  /** Sends used tokens again, to each instance. */
  async replay() {
    for (const token of this.cluster.onceTokens.filter(({ uses }) => uses.some(({ status }) => status === 200))) {
      await Promise.all(this.cluster.instances.map((instance) => this.cluster.use(token, instance)));
    }
  }

  /** Redis is down: nothing is accepted once, and each instance does what its option says. */
  async outage() {
    const { load, cluster, redis } = this;
    const [live, revoked] = [await load.signIn(load.agent(load.withSid)), await load.signIn(load.agent(load.withSid))];
    await cluster.revoke([revoked], '/sign-out');
    await sleep(200);
    const fault = this.oracle.begin('outage');
    await redis.primary.kill();
    await sleep(STALENESS + 1000);
    assert.deepEqual(await this.statuses(live), [503, 503, 200]);
    assert.deepEqual(await this.statuses(revoked), [401, 401, 401]);
    await this.signOutInOutage();
    await this.b.restart('SIGKILL');
    assert.deepEqual(await this.statuses(revoked), [401, 503, 401]);
    assert.equal(this.b.readyAt, Infinity);
    await redis.primary.run();
    await this.recovered();
    await this.b.ready();
    cluster.end(fault);
    await sleep(200);
    assert.deepEqual(await this.statuses(live), [200, 200, 200]);
    await this.signOutAfterOutage();
    await sleep(1000);
  }

  /** What can't be stored is not acknowledged, and is in force where it was asked for. */
  async signOutInOutage() {
    const { load, cluster, c } = this;
    const [one, agent] = [await load.signIn(load.agent(load.withSid)), load.agent(load.withSid)];
    const session = await load.signIn(agent);
    const once = await load.newOnceToken();
    for (const instance of cluster.instances) assert.equal((await cluster.use(once, instance)).status, 503);
    assert.equal(await cluster.revoke([one], '/sign-out', c), 503);
    cluster.logoutInstance = c;
    const before = cluster.unacknowledged.length;
    await agent.signOut();
    cluster.logoutInstance = undefined;
    assert.ok(cluster.unacknowledged.length > before);
    assert.deepEqual([await this.status(one, c), await this.status(session, c)], [401, 401]);
    this.inOutage = [one, session];
  }

  /** When Redis is back, all instances know it, and the logout token can be sent again. */
  async signOutAfterOutage() {
    for (const token of this.inOutage) assert.deepEqual(await this.statuses(token), [401, 401, 401]);
    for (const form of this.cluster.unacknowledged.splice(0)) assert.equal(await this.cluster.logOut(form), 200);
  }

  /** Redis has lost its data: the instances store again what they know, for one that starts later. */
  async dataLoss() {
    await this.lose(async ({ primary }) => {
      await primary.kill();
      await primary.runEmpty();
    });
    // Connections stay open, and users go on to sign out.
    await this.lose(({ primary }) => primary.command('FLUSHALL'));
  }

  async lose(deletion) {
    const { instances } = this.cluster;
    const loads = async (instance) => (await instance.health()).revocations.shared.loads;
    const before = await Promise.all(instances.map(loads));
    const fault = this.oracle.begin('data loss');
    await deletion(this.redis);
    fault.lostAt = now();
    const isLoaded = (all) => all.every((count, i) => count > before[i]);
    await until('all have noticed it', async () => isLoaded(await Promise.all(instances.map(loads))));
    await this.recovered();
    this.cluster.end(fault);
    console.log(`# after ${((fault.to - fault.from) / 1000).toFixed(1)} s the list is stored again`);
    await this.b.restart('SIGTERM');
    await this.b.ready(3000);
    await sleep(1000);
  }

  /** All that was revoked stays so, on each instance, and all else is accepted. */
  async audit() {
    await this.load.stop();
    await sleep(200);
    const { tokens } = this.cluster;
    const revoked = tokens.filter(({ acked }) => acked < Infinity);
    const live = tokens.filter(({ revoking }) => revoking === Infinity);
    for (const token of revoked) assert.deepEqual(await this.statuses(token), [401, 401, 401]);
    for (const token of live) assert.deepEqual(await this.statuses(token), [200, 200, 200]);
    console.log(`# ${revoked.length} revoked tokens, ${live.length} others`);
    assert.ok(revoked.length > 50 && live.length > 50);
    this.cluster.onceTokens.filter(({ uses }) => uses.length > 0).forEach((token) => this.oracle.judgeUses(token));
  }
}

async function scenario(binary) {
  const run = new Run(binary);
  await run.start();
  await run.phase('users sign in and out', () => run.steady(), { accepted: 300, rejected: 300, revoked: 20 });
  await run.phase('instances are restarted', () => run.restarts(), { accepted: 50, rejected: 50 });
  await run.phase('Redis fails over', () => run.failover(), { accepted: 50, rejected: 50 });
  await run.phase('Redis is down', () => run.outage(), { accepted: 100, rejected: 100, unavailable: 50 });
  await run.phase('Redis loses its data', () => run.dataLoss(), { accepted: 50, rejected: 50 });
  await run.phase('in the end', () => run.audit(), { 'used once': 20, 'used twice, not replicated': 1 });
}

await runAll(TIME_LIMIT, () => scenario(process.argv[2]));
