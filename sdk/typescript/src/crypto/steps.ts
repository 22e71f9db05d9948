/** Long computations in steps, so that the thread they run on stays free for others in between. */

/** A computation that yields, after each step, about how many milliseconds the step took on a slow machine. */
export type Steps<T> = Generator<number, T, undefined>;

/** Longest time in milliseconds without giving way. */
const SLICE = 16;

/** Runs all steps without a pause. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) {
      return value;
    }
  }
}

/** Runs the steps and gives way to the event loop now and then. */
export async function unhurried<T>(steps: Steps<T>): Promise<T> {
  let spent = 0;
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) {
      return value;
    }
    spent += value;
    if (spent >= SLICE) {
      spent = 0;
      await pause();
    }
  }
}

function pause(): Promise<void> {
  // `scheduler.yield` is not slowed down in hidden tabs; not every place has it.
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  return scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
}
