/** What DMs and messages are called in a line of text. */

import type { Dm, Message } from "@sotto/sdk";

const list = new Intl.ListFormat("en-GB", { type: "conjunction" });

/** The members besides the user. */
export function othersOf(dm: Pick<Dm, "users">, me: string): string[] {
  return dm.users.filter((name) => name !== me);
}

/** The other member of a DM of two without a name; null for groups. */
export function partnerOf(dm: Dm, me: string): string | null {
  const others = othersOf(dm, me);
  return dm.name === null && others.length === 1 ? (others[0] ?? null) : null;
}

/** A DM's name, or else the others' names. */
export function titleOf(dm: Pick<Dm, "name" | "users">, me: string): string {
  if (dm.name?.ok === true) return dm.name.value;
  const others = othersOf(dm, me);
  return others.length === 0 ? "Nobody else" : list.format(others);
}

/** A text on one line, without the signs of Markdown that only frame it. */
export function oneLine(text: string): string {
  return text
    .slice(0, 400)
    .replace(/```\w*/g, " ")
    .replace(/(\*\*|~~|`)(?=\S)(.*?\S)\1/gs, "$2")
    .replace(/\s+/g, " ")
    .trim();
}

/** What a list shows of a DM's newest message. */
export function previewOf(
  message: Message,
  me: string,
  inGroup: boolean,
): { readonly who: string | null; readonly text: string; readonly unreadable: boolean } {
  const who = message.sender === me ? "You" : inGroup ? message.sender : null;
  if (!message.content.ok) return { who, text: "A message that cannot be read", unreadable: true };
  return { who, text: oneLine(message.content.value.text), unreadable: false };
}

/** DMs by latest activity, the newest first. */
export function byActivity(dms: readonly Dm[], latest: (dm: number) => Message | null | undefined): Dm[] {
  const when = (dm: Dm): string => {
    const last = latest(dm.id)?.timestamp;
    return last !== undefined && last > dm.createdAt ? last : dm.createdAt;
  };
  return dms
    .map((dm) => ({ dm, at: when(dm) }))
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : b.dm.id - a.dm.id))
    .map(({ dm }) => dm);
}

/** Whether a DM is found by what is typed into the filter: by its name or by a member. */
export function matches(dm: Dm, me: string, filter: string): boolean {
  const wanted = filter.trim().toLocaleLowerCase();
  return wanted === "" || [titleOf(dm, me), ...othersOf(dm, me)].some((name) => name.toLocaleLowerCase().includes(wanted));
}
