/** One DM: its header, its messages, where one writes. */

import { useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import type { Dm, Message } from "@sotto/sdk";
import { sentenceOf, useSotto, useSottoEvent } from "../../../app/session";
import { announce, Banner, Button, EmptyState, LinkButton, ScreenBar, Skeleton, toast } from "../../../ui";
import { Composer } from "../composer/Composer";
import { useDm, useDraft, useReading, useSoon, useTimeline } from "../model/hooks";
import { oneLine, othersOf, partnerOf, titleOf } from "../model/names";
import type { Timeline } from "../model/timeline";
import { useMessageActions } from "./actions";
import { Header } from "./Header";
import { MessageList } from "./MessageList";
import { MessageMenu, type MessageMenuProps } from "./MessageMenu";
import { PinnedDialog, usePinned } from "./PinnedDialog";
import { RowContext, type RowShared } from "./rowContext";
import { ScheduledDialog, useScheduled } from "./ScheduledDialog";
import { useNewLine, useTimelineState } from "./useNewLine";
import styles from "./ChatScreen.module.css";

/** The second column for `/dm/:id`. */
export function ChatScreen({ id }: { id: number }) {
  const dm = useDm(id);
  if (dm.data !== undefined) return <Conversation dm={dm.data} />;
  if (dm.isError) {
    return (
      <EmptyState
        role="alert"
        title="This chat cannot be opened"
        actions={
          <>
            <Button onPress={() => void dm.refetch()}>Try again</Button>
            <LinkButton href="/">Go to your chats</LinkButton>
          </>
        }
      >
        {sentenceOf(dm.error)}
      </EmptyState>
    );
  }
  return (
    <ScreenBar
      back="/"
      title={
        <div className={styles.waiting}>
          <Skeleton shape="circle" width="2.5rem" height="2.5rem" />
          <Skeleton width="9rem" />
        </div>
      }
    />
  );
}

function Conversation({ dm }: { dm: Dm }) {
  const sotto = useSotto();
  const me = sotto.username;
  const timeline = useTimeline(dm.id);
  const unread = useReading();
  const [draft, change] = useDraft(dm.id);
  const actions = useMessageActions();
  const pinned = usePinned(dm.id).data;
  const scheduled = useScheduled(dm.id).data;
  const soon = useSoon();
  const [panel, setPanel] = useState<"pinned" | "scheduled" | null>(null);
  const search = useSearch();
  const [path, navigate] = useLocation();
  useEffect(() => {
    if (search !== "scheduled") return;
    setPanel("scheduled");
    navigate(path, { replace: true });
  }, [search, path, navigate]);
  const [menu, setMenu] = useState<MessageMenuProps["open"]>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const [readUpTo, setReadUpTo] = useNewLine(dm, timeline);
  const reason = useWhyNot(dm);
  const canWrite = reason === null;
  const inGroup = partnerOf(dm, me) === null;

  useSottoEvent("messageNew", ({ message }) => {
    if (message.dm !== dm.id || message.sender === me) return;
    announce(`${message.sender}: ${message.content.ok ? oneLine(message.content.value.text) : "a message that cannot be read"}`);
  });

  useSottoEvent("messageDeleted", ({ id: gone }) => {
    if (draft.replyTo?.id === gone) change({ replyTo: null });
    if (draft.editing?.id !== gone) return;
    change({ editing: null, text: draft.before, before: "" });
    toast("The message that you were editing has gone.");
  });

  const jump = useCallback(
    (to: { readonly id: number; readonly timestamp: string }) => {
      setPanel(null);
      void timeline.jumpTo(to).then((went) => {
        if (!went) toast("That message is not here any more, or cannot be loaded now.");
      });
    },
    [timeline],
  );
  const reply = useCallback(
    (message: Message) => {
      change({ replyTo: message, editing: null });
    },
    [change],
  );
  const edit = useCallback(
    (message: Message) => {
      if (message.content.ok)
        change({
          editing: message,
          replyTo: null,
          before: draft.editing === null ? draft.text : draft.before,
          text: message.content.value.text,
        });
    },
    [change, draft],
  );
  const shared = useMemo(
    (): RowShared => ({
      me,
      inGroup,
      canWrite,
      timeline,
      onReact: actions.react,
      onReply: reply,
      onMenu: (message, at) => {
        setMenu({ message, at });
      },
      onJump: jump,
      onFocusRow: setFocused,
      onMend: (text) => {
        change({ text });
      },
    }),
    [me, inGroup, canWrite, timeline, actions, reply, jump, change],
  );

  return (
    <div className={styles.chat}>
      <Header
        dm={dm}
        me={me}
        pinned={pinned?.length ?? 0}
        scheduled={scheduled?.length ?? 0}
        soon={scheduled?.some((one) => soon.has(one.id)) ?? false}
        onPinned={() => {
          setPanel("pinned");
        }}
        onScheduled={() => {
          setPanel("scheduled");
        }}
      />
      <RowContext value={shared}>
        <Messages timeline={timeline}>
          <MessageList
            key={dm.id}
            timeline={timeline}
            unread={unread}
            me={me}
            readUpTo={readUpTo}
            beginning={beginningOf(dm, me)}
            focused={focused}
          />
        </Messages>
      </RowContext>
      {reason === null ? (
        <Composer
          dm={dm.id}
          timeline={timeline}
          onSent={() => {
            setReadUpTo(null);
          }}
        />
      ) : (
        <div className={styles.why}>{reason}</div>
      )}
      <MessageMenu
        open={menu}
        onClose={() => {
          setMenu(null);
        }}
        me={me}
        canWrite={canWrite}
        actions={actions}
        onReply={reply}
        onEdit={edit}
      />
      <PinnedDialog
        dm={dm.id}
        isOpen={panel === "pinned"}
        onClose={() => {
          setPanel(null);
        }}
        onJump={jump}
        actions={actions}
      />
      <ScheduledDialog
        dm={dm.id}
        soon={soon}
        isOpen={panel === "scheduled"}
        onClose={() => {
          setPanel(null);
        }}
      />
    </div>
  );
}

function beginningOf(dm: Dm, me: string): string {
  if (dm.name?.ok === true) return `This is the beginning of «${dm.name.value}».`;
  return othersOf(dm, me).length === 0 ? "This is the beginning." : `This is the beginning of your chat with ${titleOf(dm, me)}.`;
}

/** The list, or why there is none. */
function Messages({ timeline, children }: { timeline: Timeline; children: ReactNode }) {
  const phase = useTimelineState(timeline, "phase");
  const error = useTimelineState(timeline, "error");
  if (phase !== "failed") return children;
  return (
    <EmptyState
      role="alert"
      title="The messages could not be read"
      actions={<Button onPress={() => void timeline.toNewest()}>Try again</Button>}
    >
      {error === null ? "" : sentenceOf(error)}
    </EmptyState>
  );
}

/** Why nothing can be written here; null: it can. */
function useWhyNot(dm: Dm): ReactNode {
  const sotto = useSotto();
  const partner = partnerOf(dm, sotto.username);
  const friends = useQuery({ queryKey: ["friends"], queryFn: () => sotto.friends() }).data;
  const [insists, setInsists] = useState(false);
  if (dm.locked !== null) {
    return (
      <Banner tone="warn" inset>
        This device cannot read this chat, and so cannot write here. {dm.locked.sentence}
      </Banner>
    );
  }
  // Two who are left of a group may write without being friends; the server alone knows which of the two this is.
  if (partner === null || friends === undefined || friends.includes(partner) || insists) return null;
  return (
    <Banner
      inset
      actions={
        <>
          <LinkButton size="small" href={`/person/${encodeURIComponent(partner)}`}>
            See profile
          </LinkButton>
          <Button
            size="small"
            variant="quiet"
            onPress={() => {
              setInsists(true);
            }}
          >
            Try anyway
          </Button>
        </>
      }
    >
      You and <strong>{partner}</strong> are not friends, so you cannot write to each other. What is here stays.
    </Banner>
  );
}
