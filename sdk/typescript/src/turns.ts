/** Taking turns: one after another where order matters, and pauses so that long work leaves room for everything else. */

/** Runs what it is given one at a time, in the order asked. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after all that was asked before, whatever became of it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** Work of so many milliseconds is done at a stretch: half of a frame at 60 a second. */
const STRETCH_MS = 8;

/** Lets other things happen after each stretch of work. */
export class Breather {
  #since = performance.now();

  /** Call it between pieces of work. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#since < STRETCH_MS) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.#since = performance.now();
  }
}

/** The longest wait that a timer is set for: longer ones would overflow, and a clock that is put forward is noticed this soon. */
const LONGEST_MS = 60_000;

/** Something to be done at a moment of a clock, however far it is and whatever the clock does in between. */
export class Alarm {
  readonly #now: () => number;
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `now`: milliseconds. */
  constructor(now: () => number, ring: () => void) {
    this.#now = now;
    this.#ring = ring;
  }

  /** Rings at `moment` instead of any earlier set one; undefined: not at all. */
  set(moment: number | undefined): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // A moment that is none never comes.
    if (moment === undefined || Number.isNaN(moment)) return;
    const wait = Math.min(Math.max(0, moment - this.#now()), LONGEST_MS);
    this.#timer = setTimeout(() => {
      if (this.#now() >= moment) this.#ring();
      else this.set(moment);
    }, wait);
  }
}
