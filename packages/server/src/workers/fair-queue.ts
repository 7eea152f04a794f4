// What waits for a worker: bounded, and served in turns, one client after the other, so that a client with a
// hundred requests does not hold up one with a single request.

/** Most that may wait. */
export interface QueueLimits {
  /** In all. */
  total: number;
  /** Of one client. */
  perClient: number;
}

export class FairQueue<T> {
  /** Clients in the order in which they are served; each has something waiting. */
  private readonly waiting = new Map<string, T[]>();
  private count = 0;

  constructor(private readonly limits: QueueLimits) {}

  get size(): number {
    return this.count;
  }

  /** @returns whether there was room. */
  push(client: string, item: T): boolean {
    const own = this.waiting.get(client) ?? [];
    if (this.count >= this.limits.total || own.length >= this.limits.perClient) return false;
    own.push(item);
    this.waiting.set(client, own);
    this.count++;
    return true;
  }

  /** Puts what was served already back to the front, whatever the limits: it has been accepted. */
  putBack(client: string, item: T): void {
    const own = [item, ...(this.waiting.get(client) ?? [])];
    const others = [...this.waiting].filter(([name]) => name !== client);
    this.waiting.clear();
    for (const [name, items] of [[client, own] as const, ...others]) this.waiting.set(name, items);
    this.count++;
  }

  /** The next one; its client then is the last in the row. */
  shift(): T | undefined {
    const first = this.waiting.entries().next();
    if (first.done) return undefined;
    const [client, own] = first.value;
    const item = own.shift()!;
    this.waiting.delete(client);
    if (own.length > 0) this.waiting.set(client, own);
    this.count--;
    return item;
  }

  /** Takes one out. @returns whether it was waiting. */
  remove(client: string, item: T): boolean {
    const own = this.waiting.get(client);
    const at = own?.indexOf(item) ?? -1;
    if (!own || at < 0) return false;
    own.splice(at, 1);
    if (own.length === 0) this.waiting.delete(client);
    this.count--;
    return true;
  }
}
