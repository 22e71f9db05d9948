/** The strip that says that a key has changed: in a chat for its members, and over everything for all. */

import { Banner, LinkButton } from "../../ui";
import { peopleText, personPath } from "../people";
import { useKeyChanges, useWatchedPeople } from "./news";

/** With `usernames`: a chat's members. Without: everybody. Nothing where nothing changed. */
export function KeyChangeBanner({ usernames }: { usernames?: readonly string[] }) {
  useWatchedPeople();
  const names = useKeyChanges(usernames).map((change) => change.username);
  if (names.length === 0) return null;
  const one = names.length === 1;
  return (
    <Banner
      tone="warn"
      role="alert"
      actions={names.slice(0, 3).map((name) => (
        <LinkButton key={name} size="small" href={personPath(name)}>
          {one ? "See what to do" : name}
        </LinkButton>
      ))}
    >
      The {one ? "key" : "keys"} of <strong>{peopleText(names)}</strong> {one ? "has" : "have"} changed. Compare safety numbers before you
      trust the new {one ? "one" : "ones"}.
    </Banner>
  );
}
