/** Lets only so many tasks run at once; the others wait in order. */

/** Runs a task when there is room for it, and answers what it answers. */
export type Pool = <T>(task: () => Promise<T>) => Promise<T>;

/** A pool with room for `size` tasks. */
export function pool(size: number): Pool {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= size) await new Promise<void>((begin) => waiting.push(begin));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      // The place is handed on, so that nobody slips in between.
      if (next !== undefined) next();
      else running -= 1;
    }
  };
}
