/** Finding people: the directory by the beginning of a name, and anybody by the exact name. */

import { SearchX, UserPlus, UserRoundSearch } from "lucide-react";
import { useState } from "react";
import type { protocol } from "@sotto/sdk";
import { useSotto } from "../../app/session";
import { Button, EmptyState, SearchField, SkeletonRows, Tag } from "../../ui";
import { useAddFriend, useAnswer } from "./actions";
import { useDirectory, useSettled } from "./directory";
import { PeopleList } from "./PeopleList";
import { PersonRow } from "./PersonRow";
import { useRelation } from "./queries";
import { sentenceFor } from "./sentences";
import styles from "./tabs.module.css";
import { Unloaded } from "./Unloaded";

export function FindTab({ selected }: { selected: string | null }) {
  const [typed, setTyped] = useState("");
  const wanted = typed.trim();
  const prefix = useSettled(wanted);
  return (
    <>
      <div className={styles.search}>
        <SearchField label="Search by name" value={typed} onChange={setTyped} spellCheck="false" autoComplete="off" autoCapitalize="none" />
      </div>
      <div className={`${styles.scroll} scroll`}>
        <Directory prefix={prefix} wanted={wanted} selected={selected} />
      </div>
    </>
  );
}

function Directory({ prefix, wanted, selected }: { prefix: string; wanted: string; selected: string | null }) {
  const self = useSotto().username;
  const { query: directory, users: all, more, showMore } = useDirectory(prefix);
  const users = all.filter((user) => user.username !== self);
  const byName = new Map(users.map((user) => [user.username, user]));
  const settling = wanted !== prefix || directory.isPlaceholderData;
  if (directory.data === undefined) {
    return (
      <Unloaded query={directory} title="The directory could not be read">
        <SkeletonRows count={6} label="Loading people" />
      </Unloaded>
    );
  }
  return (
    <>
      {directory.error !== null && (
        <div role="alert" className={styles.trouble}>
          <p>{sentenceFor(directory.error, "look")}</p>
          <Button size="small" isPending={directory.isFetching} onPress={() => void directory.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {users.length > 0 && (
        <PeopleList label={prefix === "" ? "Everybody" : `Names that begin with ${prefix}`} names={[...byName.keys()]} selected={selected}>
          {(name) => <FoundRow name={name} user={byName.get(name)} />}
        </PeopleList>
      )}
      {(more || directory.isFetchingNextPage) && (
        <div className={styles.more}>
          <Button size="small" isPending={directory.isFetchingNextPage} onPress={showMore}>
            Show more
          </Button>
        </div>
      )}
      {wanted !== "" && !settling && wanted !== self && !byName.has(wanted) && <ExactName name={wanted} alone={users.length === 0} />}
      {wanted === "" && users.length === 0 && directory.error === null && (
        <EmptyState icon={<UserRoundSearch />} title="Nobody to list" fill={false}>
          Write the exact name of somebody you know. This server may keep its directory to itself.
        </EmptyState>
      )}
    </>
  );
}

function FoundRow({ name, user }: { name: string; user: protocol.User | undefined }) {
  const relation = useRelation(name);
  const add = useAddFriend(name);
  const accept = useAnswer(name, true);
  const addButton = (
    <Button
      size="small"
      icon={<UserPlus aria-hidden />}
      aria-label={`Ask ${name} to be friends`}
      isPending={add.pending}
      isDisabled={relation === null}
      onPress={add.run}
    >
      Add
    </Button>
  );
  const acceptButton = (
    <Button size="small" variant="primary" aria-label={`Accept ${name}`} isPending={accept.pending} onPress={accept.run}>
      Accept
    </Button>
  );
  return (
    <PersonRow
      name={name}
      {...(user === undefined ? {} : { user })}
      {...(relation === "incoming" ? { note: "Wants to be friends" } : {})}
      error={add.error ?? accept.error}
      actions={
        relation === "friend" ? (
          <Tag tone="accent">Friend</Tag>
        ) : relation === "outgoing" ? (
          <Tag>Asked</Tag>
        ) : relation === "blocked" ? (
          <Tag tone="danger">Blocked</Tag>
        ) : relation === "incoming" ? (
          acceptButton
        ) : (
          addButton
        )
      }
    />
  );
}

/** Where the directory does not have a name, it may still be somebody's. */
function ExactName({ name, alone }: { name: string; alone: boolean }) {
  const relation = useRelation(name);
  const add = useAddFriend(name);
  const asked = relation === "outgoing" && !add.pending;
  return (
    <div className={styles.exact}>
      {alone && (
        <p className={styles.exactTitle}>
          <SearchX aria-hidden />
          No name in the directory begins with «{name}».
        </p>
      )}
      <p className={styles.exactText}>Not everybody is listed. If you know the exact name, ask all the same; capital letters count.</p>
      {asked ? (
        <p role="status">
          <Tag>Asked</Tag> {name} has your request.
        </p>
      ) : (
        <Button icon={<UserPlus aria-hidden />} isPending={add.pending} onPress={add.run}>
          {`Ask «${name}»`}
        </Button>
      )}
      {add.error !== null && (
        <p role="alert" className={styles.exactError}>
          {add.error}
        </p>
      )}
    </div>
  );
}
