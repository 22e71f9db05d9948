/** How another user stands to this one, from the lists that the server keeps. */

/** The lists, as far as they are loaded. */
export interface Lists {
  readonly self: string;
  readonly friends: readonly string[];
  /** Who asks the user. */
  readonly requests: readonly string[];
  /** Whom the user asks. */
  readonly outgoing: readonly string[];
  readonly blocked: readonly string[];
}

/** How a user stands; the first that fits, in this order. */
export type Relation = "self" | "blocked" | "friend" | "incoming" | "outgoing" | "none";

/** A request may outlive a block of who sent it; the block is what counts then. */
export function relationOf(name: string, lists: Lists): Relation {
  if (name === lists.self) return "self";
  if (lists.blocked.includes(name)) return "blocked";
  if (lists.friends.includes(name)) return "friend";
  if (lists.requests.includes(name)) return "incoming";
  if (lists.outgoing.includes(name)) return "outgoing";
  return "none";
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
