/** The profile of somebody: who they say they are, how they stand to the user, and whether their key can be trusted. */

import type { Person } from "@sotto/sdk";
import { Ban, Ellipsis, Hourglass, MessageCircle, Pencil, UserPlus, UserRoundX } from "lucide-react";
import { useConnection, useSotto } from "../../app/session";
import {
  Avatar,
  Button,
  Card,
  IconButton,
  LinkButton,
  Menu,
  presenceOf,
  ScreenBar,
  ScreenBody,
  Skeleton,
  Tag,
  toast,
} from "../../ui";
import {
  askBlock,
  askUnfriend,
  presenceLabel,
  sentenceFor,
  statusText,
  Unloaded,
  useAddFriend,
  useAnswer,
  useBlock,
  useOpenChat,
  useFreshPerson,
  useRelation,
  useUnblock,
  useUnfriend,
  type Action,
  type Relation,
} from "../people";
import { KeyChangePanel } from "../safety";
import { KeyCard } from "./KeyCard";
import styles from "./PersonScreen.module.css";

export function PersonScreen({ name }: { name: string }) {
  const person = useFreshPerson(name);
  const relation = useRelation(name);
  return (
    <>
      <ScreenBar title="Profile" back="/people" actions={<PersonMenu name={name} relation={relation} />} />
      <ScreenBody narrow>
        {person.data !== undefined ? (
          <Profile person={person.data} relation={relation} />
        ) : (
          <Unloaded query={person} title={`${name} cannot be shown`}>
            <Loading />
          </Unloaded>
        )}
      </ScreenBody>
    </>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading the profile" className={styles.head}>
      <Skeleton shape="circle" width="8rem" height="8rem" />
      <Skeleton width="10rem" height="1.5rem" />
      <Skeleton width="6rem" />
      <Skeleton shape="box" width="12rem" height="2.5rem" />
    </div>
  );
}

function Profile({ person, relation }: { person: Person; relation: Relation | null }) {
  const { username, status, biography, profile_picture: picture } = person.user;
  const presence = presenceOf(status);
  const text = statusText(status);
  return (
    <>
      <section className={styles.head} aria-labelledby="person-name">
        <Avatar name={username} picture={picture} size={128} presence={presence} className={styles.avatar ?? ""} />
        <h2 id="person-name" className={styles.name}>
          {username}
        </h2>
        <p className={styles.status}>
          {text}
          {text !== presenceLabel(status) && ` · ${presenceLabel(status)}`}
        </p>
        <Deeds name={username} relation={relation} />
      </section>
      <KeyChangePanel person={person} />
      {biography.trim() !== "" && (
        <Card title="About">
          <p className={styles.biography}>{biography}</p>
        </Card>
      )}
      {relation !== "self" && <KeyCard person={person} />}
    </>
  );
}

/** What can be done, by how the two stand. */
function Deeds({ name, relation }: { name: string; relation: Relation | null }) {
  const connection = useConnection();
  const chat = useOpenChat(name);
  const add = useAddFriend(name);
  const accept = useAnswer(name, true);
  const decline = useAnswer(name, false);
  const unblock = useUnblock(name);
  const deeds: readonly Action[] = [chat, add, accept, decline, unblock];
  const error = deeds.find((deed) => deed.error !== null)?.error ?? null;
  const doing = (deed: Action) => (): void => {
    for (const other of deeds) other.reset();
    deed.run();
  };
  return (
    <div className={styles.deeds}>
      <div className={styles.buttons}>
        {relation === null && connection !== "offline" && <Skeleton shape="box" width="9rem" height="2.5rem" />}
        {relation === "self" && (
          <LinkButton href="/settings/profile" icon={<Pencil aria-hidden />}>
            Edit your profile
          </LinkButton>
        )}
        {relation === "friend" && (
          <>
            <Button variant="primary" icon={<MessageCircle aria-hidden />} isPending={chat.pending} onPress={doing(chat)}>
              Chat
            </Button>
            <Tag tone="accent">Friend</Tag>
          </>
        )}
        {relation === "none" && (
          <Button variant="primary" icon={<UserPlus aria-hidden />} isPending={add.pending} onPress={doing(add)}>
            Add friend
          </Button>
        )}
        {relation === "outgoing" && (
          <p className={styles.waits}>
            <Hourglass aria-hidden />
            You asked to be friends. No answer yet.
          </p>
        )}
        {relation === "incoming" && (
          <>
            <Button variant="primary" isPending={accept.pending} isDisabled={decline.pending} onPress={doing(accept)}>
              Accept request
            </Button>
            <Button isPending={decline.pending} isDisabled={accept.pending} onPress={doing(decline)}>
              Decline
            </Button>
          </>
        )}
        {relation === "blocked" && (
          <>
            <Tag tone="danger">Blocked</Tag>
            <Button isPending={unblock.pending} onPress={doing(unblock)}>
              Unblock
            </Button>
          </>
        )}
      </div>
      {error !== null && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
    </div>
  );
}

/** What is done rarely, and hurts. */
function PersonMenu({ name, relation }: { name: string; relation: Relation | null }) {
  const self = useSotto().username;
  const unfriend = useUnfriend(name);
  const block = useBlock(name);
  if (relation === null || name === self || relation === "blocked") return null;
  const carry = async (asked: Promise<boolean>, deed: Action, done: string): Promise<void> => {
    if (!(await asked)) return;
    try {
      await deed.runAsync();
      toast(done);
    } catch (error) {
      toast({ text: sentenceFor(error, deed === unfriend ? "unfriend" : "block"), tone: "danger" });
    }
  };
  return (
    <Menu
      label={`More about ${name}`}
      entries={[
        ...(relation === "friend"
          ? [
              {
                id: "unfriend",
                label: "End friendship",
                icon: <UserRoundX aria-hidden />,
                danger: true,
                onAction: () => void carry(askUnfriend(name), unfriend, `${name} and you are no longer friends.`),
              },
            ]
          : []),
        {
          id: "block",
          label: "Block",
          icon: <Ban aria-hidden />,
          danger: true,
          onAction: () => void carry(askBlock(name, relation === "friend"), block, `${name} is blocked.`),
        },
      ]}
    >
      <IconButton aria-label={`More about ${name}`} isPending={unfriend.pending || block.pending}>
        <Ellipsis aria-hidden />
      </IconButton>
    </Menu>
  );
}
