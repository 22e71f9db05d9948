/** A new chat: one friend for a DM of two, several people for a group with a sealed name. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { UsersRound } from "lucide-react";
import { useRef, useState } from "react";
import { useLocation } from "wouter";
import { useSotto } from "../../app/session";
import { Banner, Button, LinkButton, ScreenBar, TextField } from "../../ui";
import { personPath, useAddFriend, useBlocked, useFriends, useOpenChat } from "../people";
import { Chips } from "./Chips";
import styles from "./NewDmScreen.module.css";
import { PeoplePicker } from "./PeoplePicker";
import { chosenWith, nameProblem, OTHERS, sealedName } from "./selection";
import { troubleOf, type Trouble } from "./trouble";

/** A {@link Trouble} on its way to where it is shown. */
class CreateError extends Error {
  readonly trouble: Trouble;
  constructor(trouble: Trouble) {
    super(trouble.sentence);
    this.trouble = trouble;
  }
}

export function NewDmScreen() {
  const search = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const friends = useFriends();
  const blocked = useBlocked().data ?? [];
  const known = friends.data ?? [];

  const choose = (name: string): void => {
    setChosen((now) => chosenWith(now, name));
  };
  const drop = (name: string): void => {
    setChosen((now) => now.filter((other) => other !== name));
  };
  const [only] = chosen;
  return (
    <>
      <ScreenBar title="New chat" back="/" />
      <div className={styles.screen}>
        <PeoplePicker
          inputRef={search}
          friends={friends}
          blocked={blocked}
          chosen={chosen}
          onChoose={choose}
          onDrop={drop}
          chips={
            <Chips
              names={chosen}
              onRemove={(name) => {
                drop(name);
                search.current?.focus();
              }}
            />
          }
        />
        {only !== undefined && (
          <footer className={styles.footer}>
            {chosen.length > 1 ? (
              <GroupFoot chosen={chosen} friends={known} onOnly={setChosen} />
            ) : known.includes(only) ? (
              <FriendFoot key={only} name={only} />
            ) : (
              <StrangerFoot key={only} name={only} />
            )}
          </footer>
        )}
      </div>
    </>
  );
}

/** One friend: the DM of two, which may be there already. */
function FriendFoot({ name }: { name: string }) {
  const chat = useOpenChat(name);
  return (
    <>
      {chat.error !== null && (
        <Banner inset tone="danger" role="alert" actions={<LinkButton size="small" href={personPath(name)}>Profile</LinkButton>}>
          {chat.error}
        </Banner>
      )}
      <Button variant="primary" size="large" wide isPending={chat.pending} onPress={chat.run}>
        {`Chat with ${name}`}
      </Button>
    </>
  );
}

/** One who is no friend: a DM of two is for friends. */
function StrangerFoot({ name }: { name: string }) {
  const add = useAddFriend(name);
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Banner
        inset
        role="status"
        {...(add.error === null ? {} : { tone: "danger" as const })}
        actions={
          !asked && (
            <Button
              size="small"
              isPending={add.pending}
              onPress={() => {
                add.runAsync().then(
                  () => {
                    setAsked(true);
                  },
                  () => undefined,
                );
              }}
            >
              Add friend
            </Button>
          )
        }
      >
        {asked
          ? `${name} has your request. Once it is accepted, you can chat.`
          : (add.error ?? `A chat of two is for friends. Ask ${name} to be friends, or choose more people for a group.`)}
      </Banner>
    </>
  );
}

interface GroupFootProps {
  readonly chosen: readonly string[];
  readonly friends: readonly string[];
  /** Goes on with these people only. */
  readonly onOnly: (names: readonly string[]) => void;
}

/** Several: a group, with a name if one likes. */
function GroupFoot({ chosen, friends, onOnly }: GroupFootProps) {
  const sotto = useSotto();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const problem = nameProblem(name);
  const create = useMutation({
    mutationFn: async () => {
      try {
        return await sotto.createDm(chosen, sealedName(name));
      } catch (error) {
        throw new CreateError(await troubleOf(error, chosen, friends, sotto));
      }
    },
    onSuccess: async (dm) => {
      client.setQueryData(["dm", dm.id], dm);
      await client.invalidateQueries({ queryKey: ["dms"] });
      navigate(`/dm/${dm.id}`);
    },
  });
  const trouble = create.error instanceof CreateError ? create.error.trouble : null;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null && !create.isPending) create.mutate();
      }}
    >
      {trouble !== null && (
        <TroubleNote
          trouble={trouble}
          onWithout={(names) => {
            create.reset();
            onOnly(chosen.filter((each) => !names.includes(each)));
          }}
        />
      )}
      <TextField
        label="Group name"
        value={name}
        onChange={setName}
        error={problem}
        description="If you like. Only members can read it."
        autoComplete="off"
      />
      <Button
        type="submit"
        variant="primary"
        size="large"
        wide
        icon={<UsersRound aria-hidden />}
        isPending={create.isPending}
        isDisabled={problem !== null}
      >
        {`Create group of ${chosen.length + 1}`}
      </Button>
      {chosen.length >= OTHERS && (
        <p role="status" className={styles.full}>
          A group has at most {OTHERS + 1} members. This one is full.
        </p>
      )}
    </form>
  );
}

/** What went wrong, with the way on. */
function TroubleNote({ trouble, onWithout }: { trouble: Trouble; onWithout: (names: readonly string[]) => void }) {
  const { sentence, names, way } = trouble;
  return (
    <Banner
      inset
      tone="danger"
      role="alert"
      actions={
        <>
          {way === "remove" && (
            <Button
              size="small"
              onPress={() => {
                onWithout(names);
              }}
            >
              Go on without
            </Button>
          )}
          {(way === "profile" || way === "remove") &&
            names.slice(0, 3).map((name) => (
              <LinkButton key={name} size="small" href={personPath(name)}>
                {name}
              </LinkButton>
            ))}
        </>
      }
    >
      {sentence}
    </Banner>
  );
}
