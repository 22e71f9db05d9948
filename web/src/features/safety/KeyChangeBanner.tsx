/** The strip that says that a key has changed: in a chat for its members, and over everything for all. */

import { Banner, Button, LinkButton } from "../../ui";
import { personPath } from "../people";
import { useKeyChanges, useSafety } from "./news";

/**
 * With `usernames` (a chat's members): a strip for each of their changed keys. Without: for all of them, and for refused invitations and
 * warnings besides. Nothing where there is nothing to say. Mounted once by the app's shell, so that no event is missed.
 */
export function KeyChangeBanner({ usernames }: { usernames?: readonly string[] }) {
  const changes = useKeyChanges(usernames);
  return (
    <>
      {changes.map(({ username }) => (
        <Banner
          key={username}
          tone="warn"
          role="alert"
          actions={
            <LinkButton size="small" href={personPath(username)}>
              See what to do
            </LinkButton>
          }
        >
          The key of <strong>{username}</strong> has changed. Compare safety numbers before you trust the new one.
        </Banner>
      ))}
      {usernames === undefined && <OtherNews />}
    </>
  );
}

function OtherNews() {
  const { store, news } = useSafety();
  return (
    <>
      {news.refused.map(({ dm, sender, code, sentence }) => (
        <Banner
          key={dm}
          tone="warn"
          role="alert"
          actions={
            <>
              {code === "E_KEY_CHANGED" && (
                <LinkButton size="small" href={personPath(sender)}>
                  See what to do
                </LinkButton>
              )}
              <Button
                size="small"
                onPress={() => {
                  store.dismissInvitation(dm);
                }}
              >
                Dismiss
              </Button>
            </>
          }
        >
          An invitation from <strong>{sender}</strong> was not accepted, to keep you safe. {sentence}
        </Banner>
      ))}
      {news.warnings.map((text) => (
        <Banner
          key={text}
          tone="warn"
          role="status"
          actions={
            <Button
              size="small"
              onPress={() => {
                store.dismissWarning(text);
              }}
            >
              Dismiss
            </Button>
          }
        >
          {text}
        </Banner>
      ))}
    </>
  );
}
