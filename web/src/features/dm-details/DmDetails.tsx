/** A DM's details: its name, who is in it, how to make sure of it, and the way out. */

import type { Dm } from "@sotto/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut, Pencil, Pin, ShieldCheck, X } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { useSotto } from "../../app/session";
import {
  Avatar,
  Banner,
  Button,
  confirm,
  fullWhen,
  IconButton,
  LinkButton,
  momentOf,
  ScreenBar,
  ScreenBody,
  Skeleton,
  toast,
  useIsPhone,
} from "../../ui";
import { othersOf, titleOf } from "../chat/model/names";
import { MuteSwitch } from "../notifications";
import { PeopleList, PersonRow, personPath, sentenceFor, Unloaded, usePerson } from "../people";
import { GroupCode } from "../safety";
import styles from "./DmDetails.module.css";
import { RenameDialog } from "./RenameDialog";

export function DmDetails({ id }: { id: number }) {
  const sotto = useSotto();
  const isPhone = useIsPhone();
  const dm = useQuery({ queryKey: ["dm", id], queryFn: () => sotto.dm(id) });
  const here = `/dm/${id}`;
  return (
    <>
      <ScreenBar
        title="Details"
        back={here}
        actions={isPhone ? undefined : <LinkButton href={here} aria-label="Close details" icon={<X aria-hidden />} />}
      />
      <ScreenBody>
        {dm.data !== undefined ? (
          <Details dm={dm.data} />
        ) : (
          <Unloaded query={dm} title="The details could not be read">
            <div role="status" aria-label="Loading the details" className={styles.head}>
              <Skeleton shape="circle" width="6rem" height="6rem" />
              <Skeleton width="9rem" height="1.25rem" />
              <Skeleton width="12rem" />
            </div>
          </Unloaded>
        )}
      </ScreenBody>
    </>
  );
}

function Details({ dm }: { dm: Dm }) {
  const self = useSotto().username;
  const others = othersOf(dm, self);
  const [partner] = others;
  const single = others.length === 1 ? partner : undefined;
  return (
    <div className={styles.details}>
      <Head dm={dm} single={single} />
      {dm.locked !== null && (
        <Banner inset tone="warn">
          This device cannot read this chat. {dm.locked.sentence}
        </Banner>
      )}
      <section className={styles.section}>
        <h3 className={styles.title}>
          {dm.users.length} {dm.users.length === 1 ? "member" : "members"}
        </h3>
        <div className={styles.bleed}>
          <PeopleList label="Members" names={dm.users} selected={null}>
            {(name) => <Member name={name} self={self} calling={dm.usersInCall.includes(name)} />}
          </PeopleList>
        </div>
        {others.length === 0 && <p className={styles.text}>Everybody else has left. What was written stays here.</p>}
      </section>
      <Pinned dm={dm.id} />
      <section className={styles.section}>
        <MuteSwitch dm={dm.id} />
      </section>
      {dm.locked === null && (
        <section className={styles.section}>
          <h3 className={styles.title}>Is it really them?</h3>
          {single !== undefined && (
            <>
              <p className={styles.text}>Compare safety numbers with {single} once, and you know that nobody stands between you.</p>
              <div>
                <LinkButton href={`${personPath(single)}/verify`} icon={<ShieldCheck aria-hidden />}>
                  Safety number
                </LinkButton>
              </div>
            </>
          )}
          <h4 className={styles.subtitle}>Group code</h4>
          <p className={styles.text}>
            Every member sees the same code if all of you are in the same group, with the same people and keys. Read it to each other by
            another way, when you meet or in a call.
          </p>
          <GroupCode dm={dm.id} />
        </section>
      )}
      <Leave dm={dm} title={titleOf(dm, self)} single={single} />
    </div>
  );
}

function Head({ dm, single }: { dm: Dm; single: string | undefined }) {
  const self = useSotto().username;
  const [renaming, setRenaming] = useState(false);
  const title = titleOf(dm, self);
  return (
    <section className={styles.head} aria-label="Chat">
      {single === undefined ? <Avatar name={title} size={96} group /> : <PartnerPicture name={single} />}
      <div className={styles.nameRow}>
        <h3 className={styles.name}>{title}</h3>
        {dm.locked === null && (
          <IconButton
            aria-label="Rename"
            size="small"
            onPress={() => {
              setRenaming(true);
            }}
          >
            <Pencil aria-hidden />
          </IconButton>
        )}
      </div>
      {dm.name?.ok === false && <p className={styles.text}>Its name cannot be read. {dm.name.why.sentence}</p>}
      <p className={styles.text}>Since {fullWhen(momentOf(dm.createdAt))}</p>
      {renaming && (
        <RenameDialog
          dm={dm}
          onClose={() => {
            setRenaming(false);
          }}
        />
      )}
    </section>
  );
}

function PartnerPicture({ name }: { name: string }) {
  const person = usePerson(name).data;
  return <Avatar name={name} picture={person?.user.profile_picture ?? null} size={96} />;
}

function Member({ name, self, calling }: { name: string; self: string; calling: boolean }) {
  const note = [name === self ? "You" : "", calling ? "In the call" : ""].filter((part) => part !== "").join(" · ");
  return <PersonRow name={name} {...(note === "" ? {} : { note })} />;
}

function Pinned({ dm }: { dm: number }) {
  const sotto = useSotto();
  const pinned = useQuery({ queryKey: ["pinned", dm], queryFn: () => sotto.pinned(dm) });
  const count = pinned.data?.length;
  return (
    <section className={styles.section}>
      <h3 className={styles.title}>Pinned messages</h3>
      <p className={styles.fact}>
        <Pin aria-hidden />
        {count === undefined
          ? pinned.error === null
            ? "…"
            : sentenceFor(pinned.error, "look")
          : count === 0
            ? "None. Any member can pin a message."
            : `${count} ${count === 1 ? "message is" : "messages are"} pinned.`}
      </p>
    </section>
  );
}

function Leave({ dm, title, single }: { dm: Dm; title: string; single: string | undefined }) {
  const sotto = useSotto();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const leave = useMutation({
    mutationFn: () => sotto.leave(dm.id),
    onSuccess: () => {
      client.setQueryData<Dm[]>(["dms"], (dms) => dms?.filter((each) => each.id !== dm.id));
      toast(`You have left ${title}.`);
      navigate("/", { replace: true });
    },
  });
  const ask = async (): Promise<void> => {
    const stays = single === undefined ? "The others keep" : `${single} keeps`;
    const yes = await confirm({
      title: `Leave ${title}?`,
      text:
        dm.users.length === 1
          ? "You are the last one here: with you the chat and everything in it is deleted."
          : "You can no longer read or write here, on any of your devices, and there is no way back in. " +
            `${stays} what was written, yours too. Messages that you scheduled here are not sent.`,
      action: "Leave",
      danger: true,
    });
    if (yes) leave.mutate();
  };
  return (
    <section className={styles.section}>
      <div>
        <Button className={styles.leave ?? ""} icon={<LogOut aria-hidden />} isPending={leave.isPending} onPress={() => void ask()}>
          {single === undefined && dm.users.length > 1 ? "Leave group" : "Leave chat"}
        </Button>
      </div>
      {leave.error !== null && (
        <p role="alert" className={styles.error}>
          {sentenceFor(leave.error, "leave")}
        </p>
      )}
    </section>
  );
}
