/** Blocks, and lifting them. */

import { Ban } from "lucide-react";
import { Button, EmptyState } from "../../ui";
import { useBlock, useUnblock } from "./actions";
import { PeopleList } from "./PeopleList";
import { PersonRow } from "./PersonRow";
import { useBlocked } from "./queries";
import { Loaded } from "./TabFrame";
import styles from "./tabs.module.css";
import { useKept } from "./useKept";

export function BlockedTab({ selected }: { selected: string | null }) {
  const blocked = useBlocked();
  return (
    <Loaded query={blocked} what="blocks">
      {(names) => <Blocked names={names} selected={selected} />}
    </Loaded>
  );
}

function Blocked({ names, selected }: { names: readonly string[]; selected: string | null }) {
  const shown = useKept(names);
  if (shown.length === 0) {
    return (
      <EmptyState icon={<Ban />} title="Nobody is blocked">
        Whom you block cannot ask to be your friend, invite you to groups or see whether you are online.
      </EmptyState>
    );
  }
  return (
    <div className={`${styles.scroll} scroll`}>
      <PeopleList label="Blocked" names={shown} selected={selected}>
        {(name) => <BlockedRow name={name} blocked={names.includes(name)} />}
      </PeopleList>
    </div>
  );
}

function BlockedRow({ name, blocked }: { name: string; blocked: boolean }) {
  const unblock = useUnblock(name);
  const block = useBlock(name);
  const deed = blocked ? unblock : block;
  return (
    <PersonRow
      name={name}
      note={blocked ? "Blocked" : "No longer blocked"}
      error={unblock.error ?? block.error}
      actions={
        <Button
          size="small"
          isPending={deed.pending}
          aria-label={blocked ? `Unblock ${name}` : `Block ${name} again`}
          onPress={() => {
            unblock.reset();
            block.reset();
            deed.run();
          }}
        >
          {blocked ? "Unblock" : "Block again"}
        </Button>
      }
    />
  );
}
