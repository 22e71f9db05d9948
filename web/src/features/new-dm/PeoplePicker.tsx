/** Choosing people: a search over friends and then over the directory, in lists for the arrow keys. */

import type { UseQueryResult } from "@tanstack/react-query";
import { useMutation } from "@tanstack/react-query";
import { UsersRound } from "lucide-react";
import { useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { useSotto } from "../../app/session";
import { announce, Button, EmptyState, LinkButton, SearchField, SkeletonRows } from "../../ui";
import { matching, sentenceFor, Unloaded, useDirectory, useSettled } from "../people";
import styles from "./PeoplePicker.module.css";
import { PickList } from "./PickList";

/** Properties of {@link PeoplePicker}. */
export interface PeoplePickerProps {
  readonly inputRef: RefObject<HTMLInputElement | null>;
  readonly friends: UseQueryResult<string[]>;
  readonly blocked: readonly string[];
  readonly chosen: readonly string[];
  readonly onChoose: (name: string) => void;
  readonly onDrop: (name: string) => void;
  /** Between the field and the lists. */
  readonly chips: ReactNode;
}

export function PeoplePicker({ inputRef, friends, blocked, chosen, onChoose, onDrop, chips }: PeoplePickerProps) {
  const self = useSotto().username;
  const lists = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState("");
  const wanted = typed.trim();
  const prefix = useSettled(wanted);
  const { query: directory, users: all, more, showMore } = useDirectory(prefix, wanted !== "");
  const found = matching(friends.data ?? [], typed);
  const users = new Map(all.map((user) => [user.username, user]));
  const left = (name: string): boolean => name !== self && !found.includes(name) && !blocked.includes(name);
  const others = wanted === "" ? [] : matching([...users.keys()], typed).filter(left);
  const settled = wanted === prefix && !directory.isFetching;
  const exact = wanted !== "" && wanted !== self && settled && !found.includes(wanted) && !others.includes(wanted);

  const toggle = (name: string): void => {
    if (chosen.includes(name)) {
      onDrop(name);
      announce(`${name} taken out`);
    } else {
      onChoose(name);
      announce(`${name} chosen`);
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const last = chosen.at(-1);
    if (event.key === "ArrowDown") {
      const first = lists.current?.querySelector<HTMLElement>("[role=option]");
      if (!first) return;
      event.preventDefault();
      first.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const first = [...found, ...others].find((name) => !chosen.includes(name));
      if (wanted === "" || first === undefined) return;
      toggle(first);
      setTyped("");
    } else if (event.key === "Backspace" && typed === "" && last !== undefined) {
      toggle(last);
    }
  };

  return (
    <>
      <div className={styles.top}>
        <SearchField
          label="Search people"
          value={typed}
          onChange={setTyped}
          inputRef={inputRef}
          onKeyDown={onKeyDown}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck="false"
        />
        <p className={styles.hint}>
          One friend for a chat of two, several people for a group.
        </p>
        {chips}
      </div>
      <div ref={lists} className={`${styles.lists} scroll`}>
        {friends.data === undefined && (
          <Unloaded query={friends} title="Your friends could not be read">
            <SkeletonRows count={6} label="Loading friends" />
          </Unloaded>
        )}
        {friends.data?.length === 0 && wanted === "" && (
          <EmptyState
            icon={<UsersRound />}
            title="No friends yet"
            actions={
              <LinkButton variant="primary" href="/people/find">
                Find people
              </LinkButton>
            }
          >
            A chat of two is for friends. For a group, search for anybody above.
          </EmptyState>
        )}
        {found.length > 0 && <PickList title="Friends" names={found} chosen={chosen} onToggle={toggle} />}
        {others.length > 0 && <PickList title="Others on this server" names={others} users={users} chosen={chosen} onToggle={toggle} />}
        {wanted !== "" && (more || directory.isFetchingNextPage) && (
          <div className={styles.more}>
            <Button size="small" isPending={directory.isFetchingNextPage} onPress={showMore}>
              Show more
            </Button>
          </div>
        )}
        {directory.error !== null && wanted !== "" && (
          <p role="alert" className={styles.trouble}>
            {sentenceFor(directory.error, "look")}
          </p>
        )}
        {exact && (
          <ExactName
            key={wanted}
            name={wanted}
            nothing={found.length + others.length === 0}
            onFound={(name) => {
              onChoose(name);
              announce(`${name} chosen`);
              setTyped("");
              inputRef.current?.focus();
            }}
          />
        )}
      </div>
    </>
  );
}

/** A name that no list has: looked up as it is written. */
function ExactName({ name, nothing, onFound }: { name: string; nothing: boolean; onFound: (name: string) => void }) {
  const sotto = useSotto();
  const look = useMutation({
    mutationFn: () => sotto.person(name),
    onSuccess: (person) => {
      onFound(person.user.username);
    },
  });
  return (
    <div className={styles.exact}>
      <p className={styles.hint}>
        {nothing ? "Nobody with that name is listed." : "Not the one you mean?"} With the exact name you reach those who are not
        listed, too; capital letters count.
      </p>
      <Button
        size="small"
        isPending={look.isPending}
        onPress={() => {
          look.mutate();
        }}
      >
        {`Choose «${name}»`}
      </Button>
      {look.error !== null && (
        <p role="alert" className={styles.error}>
          {sentenceFor(look.error, "look")}
        </p>
      )}
    </div>
  );
}
