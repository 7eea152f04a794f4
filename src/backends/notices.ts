// What happens to a backend outside of any call, told to the logs of all pipelines on it.

/** Listeners of one backend. */
export class Notices {
  private readonly listeners = new Set<(message: string) => void>();

  /** @returns a function that ends the telling. */
  listen(listener: (message: string) => void): () => void {
    const own = (message: string): void => listener(message); // the same function may listen twice
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  tell(message: string): void {
    for (const listener of this.listeners) listener(message);
  }
}
