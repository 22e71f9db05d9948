/** Events with listeners: in order, and none harmed by another. */

/** Tells listeners of the events in `Events` (name → payload). */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(payload: never) => void>>();
  readonly #queue: (() => void)[] = [];
  #telling = false;

  /** Subscribes; answers the function that ends it. The same function given twice is told twice. */
  on<E extends keyof Events>(event: E, listener: (payload: Events[E]) => void): () => void {
    const told = (payload: Events[E]): void => {
      listener(payload);
    };
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(told);
    return () => {
      listeners.delete(told);
    };
  }

  /** Tells everyone who listens, before it returns; told from within a listener, after those who hear of the event before. */
  emit<E extends keyof Events>(event: E, payload: Events[E]): void {
    this.#queue.push(() => {
      const listeners = this.#listeners.get(event) as Set<(payload: Events[E]) => void> | undefined;
      for (const listener of [...(listeners ?? [])]) {
        // Whoever has unsubscribed meanwhile is told nothing any more.
        if (listeners?.has(listener) === true) guarded(() => { listener(payload); });
      }
    });
    if (this.#telling) return;
    this.#telling = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
    this.#telling = false;
  }
}

/** Runs a listener. What it throws is the app's mistake: it is reported as such and harms nobody else. */
function guarded(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    const place = globalThis as { reportError?: (error: unknown) => void; console?: Console };
    if (place.reportError !== undefined) place.reportError(error);
    else place.console?.error("A listener of Sotto's events threw:", error);
  }
}
