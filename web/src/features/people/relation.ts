/** How another user stands to this one, from the lists that the server keeps. */

type List = readonly string[] | undefined;

/** The lists; undefined where one is not loaded yet. */
export interface Lists {
  readonly self: string;
  readonly friends: List;
  /** Who asks the user. */
  readonly requests: List;
  /** Whom the user asks. */
  readonly outgoing: List;
  readonly blocked: List;
}

/** How a user stands; the first that fits, in this order. */
export type Relation = "self" | "blocked" | "friend" | "incoming" | "outgoing" | "none";

/**
 * Null where the lists that are there do not tell yet. A request may outlive a block of who sent it, and the block is what counts
 * then; a friend is never blocked.
 */
export function relationOf(name: string, { self, friends, requests, outgoing, blocked }: Lists): Relation | null {
  if (name === self) return "self";
  if (blocked?.includes(name)) return "blocked";
  if (friends?.includes(name)) return "friend";
  if (blocked === undefined || friends === undefined) return null;
  if (requests?.includes(name)) return "incoming";
  if (outgoing?.includes(name)) return "outgoing";
  return requests === undefined || outgoing === undefined ? null : "none";
}

/** The folded form for searching in names that are here already: close to what the server does, and never used to name anyone. */
export function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** Those whose name holds what was typed; those that begin with it come first. The order is kept otherwise. */
export function matching(names: readonly string[], typed: string): readonly string[] {
  const wanted = folded(typed.trim());
  if (wanted === "") return names;
  const begins = names.filter((name) => folded(name).startsWith(wanted));
  const holds = names.filter((name) => !folded(name).startsWith(wanted) && folded(name).includes(wanted));
  return [...begins, ...holds];
}

/** `one` with `name` in it once, and without it. */
export const withName = (list: readonly string[] | undefined, name: string): string[] => [
  ...(list ?? []).filter((other) => other !== name),
  name,
];
export const withoutName = (list: readonly string[] | undefined, name: string): string[] =>
  (list ?? []).filter((other) => other !== name);
