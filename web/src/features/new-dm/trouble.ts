/** Why a DM could not be made, as far as it can be found out: the server mostly does not say whose fault it is. */

import { SottoError, type Person, type Sotto } from "@sotto/sdk";
import { peopleText, sentenceFor } from "../people";

/** What happened, and what may be done about it. */
export interface Trouble {
  readonly sentence: string;
  /** Those whom it is about; empty where that is not known. */
  readonly names: readonly string[];
  /** `profile`: look at them; `remove`: go on without them; `add`: become friends first; `again`: just try again. */
  readonly way: "profile" | "remove" | "add" | "again" | null;
}

/** What this needs of a session. */
export type TroubleSource = Pick<Sotto, "person">;

/** So many people at most are looked up to find out. */
const LOOKED_UP = 50;
/** Hex digits of a prekey of today's form (C-110); there is an older one, which is refused. */
const SPK_DIGITS = 100;

/** Looks up the chosen where that helps, and says what stands in the way. */
export async function troubleOf(
  error: unknown,
  chosen: readonly string[],
  friends: readonly string[],
  source: TroubleSource,
): Promise<Trouble> {
  const plain: Trouble = { sentence: sentenceFor(error, "create"), names: [], way: null };
  if (!(error instanceof SottoError)) return plain;
  const those = (fits: (person: Person) => boolean): Promise<string[]> => looked(chosen, source, fits);
  switch (error.code) {
    case "E_KEY_CHANGED": {
      const names = await those((person) => person.key.state === "changed");
      if (names.length === 0) return plain;
      const key = names.length === 1 ? "key" : "keys";
      return {
        sentence: `The ${key} of ${peopleText(names)} changed. Compare safety numbers before you begin a chat.`,
        names,
        way: "profile",
      };
    }
    case "no_prekey":
    case "E_DOWNGRADE":
    case "E_SPK": {
      const names = await those(({ user }) => user.spk?.length !== SPK_DIGITS);
      if (names.length === 0) return plain;
      return {
        sentence: `${peopleText(names)} cannot be invited yet: the key for it is missing. A login with a newer app puts it there.`,
        names,
        way: chosen.length > names.length ? "remove" : null,
      };
    }
    case "cannot_invite": {
      // Only strangers can refuse: whoever has blocked the user is no friend.
      const names = chosen.filter((name) => !friends.includes(name));
      if (names.length === 0) return plain;
      return {
        sentence:
          names.length === 1
            ? `${peopleText(names)} does not take your invitation. Friends always do: ask to be friends first, or go on without.`
            : `One or more of ${peopleText(names)} do not take your invitation; the server does not say who. Friends always do.`,
        names,
        way: chosen.length > names.length ? "remove" : "profile",
      };
    }
    case "not_friends":
      return { ...plain, names: chosen, way: "add" };
    case "no_such_user": {
      const names = await missing(chosen, source);
      return names.length === 0 ? plain : { sentence: `There is nobody called ${peopleText(names)} any more.`, names, way: "remove" };
    }
    case "stale_prekey":
      return { ...plain, way: "again" };
    default:
      return plain;
  }
}

async function looked(chosen: readonly string[], source: TroubleSource, fits: (person: Person) => boolean): Promise<string[]> {
  const people = await Promise.all(chosen.slice(0, LOOKED_UP).map((name) => source.person(name).catch(() => null)));
  return people.filter((person) => person !== null && fits(person)).map((person) => person?.user.username ?? "");
}

async function missing(chosen: readonly string[], source: TroubleSource): Promise<string[]> {
  const gone = await Promise.all(
    chosen.slice(0, LOOKED_UP).map((name) =>
      source.person(name).then(
        () => null,
        (error: unknown) => (error instanceof SottoError && error.isRefusal("no_such_user") ? name : null),
      ),
    ),
  );
  return gone.filter((name) => name !== null);
}
