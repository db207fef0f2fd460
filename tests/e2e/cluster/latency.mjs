// How long it takes until the other instances know of a revocation.

/** Measures from the acknowledgement of a revocation, in milliseconds. */
export class Latency {
  /** When the last request was sent that another instance has accepted; 0 if there was none. */
  accepted = [];
  /** When the first one was sent that it has rejected. */
  rejected = [];
  #isBusy = false;

  constructor(cluster) {
    this.cluster = cluster;
  }

  /** Sends the token to the other instances until they reject it. */
  async observe([token], ackedBy) {
    if (this.#isBusy || token.ackedBy !== ackedBy) return;
    this.#isBusy = true;
    const others = this.cluster.instances.filter((instance) => instance !== ackedBy);
    await Promise.all(others.map((instance) => this.#observe(token, instance)));
    this.#isBusy = false;
  }

  async #observe(token, instance) {
    let accepted = 0;
    for (let tries = 0; tries < 1000; tries += 1) {
      const { status, sent } = await this.cluster.ask(token, instance);
      const after = Math.max(0, sent - token.acked);
      if (status === 401) {
        this.accepted.push(accepted);
        this.rejected.push(after);
      }
      if (status !== 200) return;
      accepted = after;
    }
  }
}

export function percentile(times, p) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))];
}
