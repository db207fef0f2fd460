// The load: users who sign in and out in every way, and clients that send their tokens.

import { setTimeout as sleep } from 'node:timers/promises';

import { Token } from './oracle.mjs';
import { UserAgent } from './user_agent.mjs';

/** How many of the latest tokens are sent. */
const RECENT = 300;

export class Load {
  #isOn = true;
  #users = 0;
  #loops;

  constructor(cluster, provider) {
    Object.assign(this, { cluster, provider });
    [this.withSid, this.withoutSid] = provider.clients;
  }

  start({ users, clients }) {
    const loop = async (step) => { while (this.#isOn) await step(); };
    this.#loops = [
      ...Array.from({ length: users }, (_, i) => loop(() => this.#user(i))),
      ...Array.from({ length: clients }, () => loop(() => this.#client())),
    ];
    // A failure of any ends the test.
    this.failed = Promise.all(this.#loops).then(() => new Promise(() => {}));
    this.failed.catch(() => {});
  }

  async stop() {
    this.#isOn = false;
    await Promise.all(this.#loops);
  }

  newSubject() {
    this.#users += 1;
    return `user-${this.#users}`;
  }

  /** Signs in, and sends the token at once. */
  async signIn(agent) {
    const token = new Token(await agent.signIn());
    this.cluster.tokens.push(token);
    await this.cluster.ask(token, this.cluster.any());
    return token;
  }

  agent(client, subject = this.newSubject()) {
    return new UserAgent(this.provider, client, subject);
  }

  async newOnceToken() {
    const token = new Token(await this.agent(this.withSid).signIn());
    this.cluster.onceTokens.push(token);
    return token;
  }

  async #user(i) {
    const ways = [this.signOutOfOneSession, this.signOutOfAll, this.revokeOne, this.revokeAll, this.useOnce];
    await ways[(i + this.#users) % ways.length].call(this);
    await sleep(Math.random() * 100);
  }

  /** Of two sessions of one user, the one ends that the user signs out of at the provider. */
  async signOutOfOneSession() {
    const subject = this.newSubject();
    const agents = [this.agent(this.withSid, subject), this.agent(this.withSid, subject)];
    for (const agent of agents) await this.signIn(agent);
    await agents[0].signOut();
  }

  /** The provider names the user and no session: both end, and later ones are not affected. */
  async signOutOfAll() {
    const agents = [this.agent(this.withoutSid), this.agent(this.withoutSid)];
    agents[1].subject = agents[0].subject;
    for (const agent of agents) await this.signIn(agent);
    await agents[0].signOut();
    await this.#signInLater(agents[0]);
  }

  /** Signs in when a whole second has passed, which the times in tokens show. */
  async #signInLater(agent) {
    const revoked = Date.now();
    await sleep(1000 - (revoked % 1000) + 20);
    await this.signIn(agent);
  }

  async revokeOne() {
    const agent = this.agent(this.withSid);
    const token = await this.signIn(agent);
    await this.signIn(agent);
    await this.cluster.revoke([token], '/sign-out');
  }

  async revokeAll() {
    const agents = [this.agent(this.withSid), this.agent(this.withSid)];
    agents[1].subject = agents[0].subject;
    const tokens = [await this.signIn(agents[0]), await this.signIn(agents[1])];
    await this.cluster.revoke(tokens, '/sign-out-everywhere');
    await this.#signInLater(agents[0]);
  }

  /** All instances get the token at once, and one of them once more. */
  async useOnce() {
    const token = await this.newOnceToken();
    await Promise.all(this.cluster.instances.map((instance) => this.cluster.use(token, instance)));
    await this.cluster.use(token, this.cluster.any());
  }

  /** Sends one of the latest tokens to any instance. */
  async #client() {
    const { tokens } = this.cluster;
    const recent = Math.min(tokens.length, RECENT);
    if (recent === 0) {
      await sleep(10);
      return;
    }
    const token = tokens[tokens.length - 1 - Math.floor(Math.random() * recent)];
    const instance = this.cluster.any();
    if (instance.isDown) await sleep(20);
    await this.cluster.ask(token, instance);
  }
}
