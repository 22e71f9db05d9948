/** Friends: who is there, one press to their chat, the rest in a menu. */

import { Ellipsis, MessageCircle, UserRound, UserRoundX, UsersRound, Ban } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { EmptyState, IconButton, LinkButton, Menu, SearchField, toast } from "../../ui";
import { useBlock, useOpenChat, useUnfriend } from "./actions";
import { askBlock, askUnfriend } from "./ask";
import { personPath } from "./names";
import { PeopleList } from "./PeopleList";
import { PersonRow } from "./PersonRow";
import { useFriends } from "./queries";
import { matching } from "./relation";
import { Loaded } from "./TabFrame";
import styles from "./tabs.module.css";

/** From so many friends on there is a field to find one. */
const SEARCH_FROM = 8;

export function FriendsTab({ selected }: { selected: string | null }) {
  const friends = useFriends();
  const [typed, setTyped] = useState("");
  return (
    <Loaded query={friends} what="friends">
      {(names) =>
        names.length === 0 ? (
          <EmptyState
            icon={<UsersRound />}
            title="No friends yet"
            actions={
              <LinkButton variant="primary" href="/people/find">
                Find people
              </LinkButton>
            }
          >
            Ask somebody to be friends. Once they accept, the two of you can chat.
          </EmptyState>
        ) : (
          <>
            {names.length >= SEARCH_FROM && (
              <div className={styles.search}>
                <SearchField label="Search friends" value={typed} onChange={setTyped} spellCheck="false" autoComplete="off" />
              </div>
            )}
            <div className={`${styles.scroll} scroll`}>
              {matching(names, typed).length === 0 ? (
                <p className={styles.nothing}>No friend’s name has «{typed.trim()}» in it.</p>
              ) : (
                <PeopleList label="Friends" names={matching(names, typed)} selected={selected}>
                  {(name) => <FriendRow name={name} />}
                </PeopleList>
              )}
            </div>
          </>
        )
      }
    </Loaded>
  );
}

function FriendRow({ name }: { name: string }) {
  const [, navigate] = useLocation();
  const chat = useOpenChat(name);
  const unfriend = useUnfriend(name);
  const block = useBlock(name);
  return (
    <PersonRow
      name={name}
      error={chat.error ?? unfriend.error ?? block.error}
      actions={
        <div className={styles.icons}>
          <IconButton aria-label={`Chat with ${name}`} tooltip={false} isPending={chat.pending} onPress={chat.run}>
            <MessageCircle aria-hidden />
          </IconButton>
          <Menu
            label={`More about ${name}`}
            entries={[
              {
                id: "profile",
                label: "Profile",
                icon: <UserRound aria-hidden />,
                onAction: () => {
                  navigate(personPath(name));
                },
              },
              "line",
              {
                id: "unfriend",
                label: "End friendship",
                icon: <UserRoundX aria-hidden />,
                danger: true,
                onAction: () => void endFriendship(name, unfriend.runAsync),
              },
              {
                id: "block",
                label: "Block",
                icon: <Ban aria-hidden />,
                danger: true,
                onAction: () => void blockFriend(name, block.runAsync),
              },
            ]}
          >
            <IconButton aria-label={`More about ${name}`} tooltip={false} isPending={unfriend.pending || block.pending}>
              <Ellipsis aria-hidden />
            </IconButton>
          </Menu>
        </div>
      }
    />
  );
}

// Where it fails, the row stays and says so; where it works, the row is gone and the note is what is left.
async function endFriendship(name: string, run: () => Promise<void>): Promise<void> {
  if (!(await askUnfriend(name))) return;
  const done = await run().then(
    () => true,
    () => false,
  );
  if (done) toast(`${name} and you are no longer friends.`);
}

async function blockFriend(name: string, run: () => Promise<void>): Promise<void> {
  if (!(await askBlock(name, true))) return;
  const done = await run().then(
    () => true,
    () => false,
  );
  if (done) toast(`${name} is blocked.`);
}
