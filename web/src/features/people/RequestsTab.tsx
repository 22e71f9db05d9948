/** Requests: who asks to be friends, and whom one asked. */

import { Check, Hourglass, Inbox, X } from "lucide-react";
import { EmptyState, IconButton, LinkButton, Tag } from "../../ui";
import { useAnswer } from "./actions";
import { PeopleList } from "./PeopleList";
import { PersonRow } from "./PersonRow";
import { useFriends, useOutgoing, useRequests } from "./queries";
import { Loaded } from "./TabFrame";
import styles from "./tabs.module.css";
import { useKept } from "./useKept";

export function RequestsTab({ selected }: { selected: string | null }) {
  const requests = useRequests();
  const outgoing = useOutgoing();
  return (
    <Loaded query={requests} what="requests">
      {(incoming) => (
        <Loaded query={outgoing} what="requests">
          {(asked) => <Requests incoming={incoming} asked={asked} selected={selected} />}
        </Loaded>
      )}
    </Loaded>
  );
}

function Requests({ incoming, asked, selected }: { incoming: readonly string[]; asked: readonly string[]; selected: string | null }) {
  const shown = useKept(incoming);
  if (shown.length === 0 && asked.length === 0) {
    return (
      <EmptyState
        icon={<Inbox />}
        title="No requests"
        actions={
          <LinkButton variant="primary" href="/people/find">
            Find people
          </LinkButton>
        }
      >
        Who asks to be your friend appears here, and whom you asked.
      </EmptyState>
    );
  }
  return (
    <div className={`${styles.scroll} scroll`}>
      {shown.length > 0 && (
        <>
          <h2 className={styles.heading}>They ask you</h2>
          <PeopleList label="They ask you" names={shown} selected={selected}>
            {(name) => <IncomingRow name={name} waits={incoming.includes(name)} />}
          </PeopleList>
        </>
      )}
      {asked.length > 0 && (
        <>
          <h2 className={styles.heading}>You asked</h2>
          <PeopleList label="You asked" names={asked} selected={selected}>
            {(name) => <PersonRow name={name} note="Has not answered yet" actions={<Hourglass aria-hidden className={styles.waiting} />} />}
          </PeopleList>
        </>
      )}
    </div>
  );
}

function IncomingRow({ name, waits }: { name: string; waits: boolean }) {
  const accept = useAnswer(name, true);
  const decline = useAnswer(name, false);
  const friends = useFriends().data;
  if (!waits) {
    const isFriend = friends?.includes(name) ?? false;
    return (
      <PersonRow
        name={name}
        note={isFriend ? "You are friends now" : "Not friends"}
        actions={isFriend ? <Tag tone="accent">Friend</Tag> : <Tag>Answered</Tag>}
      />
    );
  }
  return (
    <PersonRow
      name={name}
      note="Wants to be friends"
      error={accept.error ?? decline.error}
      actions={
        <>
          <IconButton
            aria-label={`Accept ${name}`}
            variant="primary"
            isPending={accept.pending}
            isDisabled={decline.pending}
            onPress={() => {
              decline.reset();
              accept.run();
            }}
          >
            <Check aria-hidden />
          </IconButton>
          <IconButton
            aria-label={`Decline ${name}`}
            variant="secondary"
            isPending={decline.pending}
            isDisabled={accept.pending}
            onPress={() => {
              accept.reset();
              decline.run();
            }}
          >
            <X aria-hidden />
          </IconButton>
        </>
      }
    />
  );
}
