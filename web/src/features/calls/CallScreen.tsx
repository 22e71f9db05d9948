/** A call as all that is on the screen: who is there, what is sent, and what is wrong. */

import { useEffect, useRef, type ReactNode, type RefObject } from "react";
import { ChevronsDownUp, MicOff } from "lucide-react";
import { Banner, Button, EmptyState, IconButton, Spinner } from "../../ui";
import { HEAVY_CALL, type CallSession } from "./engine/call-session";
import type { CallSnapshot } from "./engine/call-snapshot";
import { Controls } from "./Controls";
import { useKeys, useNow } from "./media-hooks";
import { duration, problemOf, standing } from "./sentences";
import { OwnTile, PersonTile, ScreenTile } from "./Tile";
import styles from "./CallScreen.module.css";

/** Properties of {@link CallScreen}. */
export interface CallScreenProps {
  readonly session: CallSession;
  readonly call: CallSnapshot;
  /** What the DM is called. */
  readonly title: string;
  readonly onSpeaker: (id: string) => void;
  readonly onSmall: () => void;
  readonly onLeave: () => void;
}

/** Lies over the whole page, which takes no keys or clicks meanwhile. */
export function CallScreen({ session, call, title, onSpeaker, onSmall, onLeave }: CallScreenProps) {
  const { phase, own, since } = call;
  const element = useRef<HTMLElement>(null);
  const now = useNow(since !== null);
  const isIn = phase === "live" || phase === "reconnecting" || phase === "joining";
  useCover(element);
  useKeys(element, {
    m: () => void session.toggleMic(),
    v: () => void session.toggleCamera(),
    escape: () => {
      if (isIn) onSmall();
    },
  });
  useEffect(() => {
    // What had the focus before the call began is gone with it.
    if (document.activeElement === document.body) element.current?.focus();
  }, [isIn]);

  return (
    <section
      ref={element}
      role="dialog"
      aria-modal="true"
      aria-label={`Call: ${title}`}
      tabIndex={-1}
      className={styles.screen}
    >
      <header className={styles.header}>
        <div className={styles.heading}>
          <h2 className={styles.title}>
            <bdi>{title}</bdi>
          </h2>
          <p className={styles.standing}>
            {since !== null && <time className={styles.time}>{duration(now - since)}</time>}
            <span>{standing(call, title)}</span>
          </p>
        </div>
        {isIn && (
          <IconButton aria-label="Back to the chats; the call goes on" onPress={onSmall} tooltip="left">
            <ChevronsDownUp aria-hidden />
          </IconButton>
        )}
      </header>
      <Notes call={call} session={session} />
      {isIn ? <Stage call={call} /> : <Before session={session} call={call} onLeave={onLeave} />}
      {isIn && <Controls session={session} own={own} onSpeaker={onSpeaker} onLeave={onLeave} />}
      {phase === "asking" && (
        <div className={styles.foot}>
          <Button onPress={onLeave}>Cancel</Button>
        </div>
      )}
    </section>
  );
}

/** Takes the focus, and everything else on the page out of reach; gives both back. */
function useCover(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const own = element.current;
    const before = document.activeElement;
    const siblings = [...(own?.parentElement?.children ?? [])];
    const covered = siblings.filter(
      (one): one is HTMLElement => one instanceof HTMLElement && one !== own && !one.inert && one.dataset["overCall"] === undefined,
    );
    for (const one of covered) one.inert = true;
    own?.focus();
    return () => {
      for (const one of covered) one.inert = false;
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [element]);
}

/** What is wrong, and what one can do about it. */
function Notes({ call, session }: { call: CallSnapshot; session: CallSession }) {
  const { phase, people, own } = call;
  const notes: ReactNode[] = [];
  if (phase === "reconnecting") {
    notes.push(
      <Banner key="offline" tone="offline" inset role="status">
        The server is out of reach. You hear and see those to whom the connection still stands; the rest comes back with the server.
      </Banner>,
    );
  }
  if (own.problem !== null && phase !== "blocked") {
    const { slot } = own.problem;
    const { title, text } = problemOf(own.problem);
    const again = slot === "mic" ? () => session.toggleMic() : slot === "camera" ? () => session.toggleCamera() : () => session.toggleScreen();
    notes.push(
      <Banner
        key="problem"
        tone="warn"
        inset
        role="status"
        actions={
          <Button size="small" onPress={() => void again()}>
            Try again
          </Button>
        }
      >
        <strong>{title}.</strong> {text}
      </Banner>,
    );
  }
  if (people.length + 1 > HEAVY_CALL) {
    notes.push(
      <Banner key="heavy" inset role="status">
        More than {HEAVY_CALL} people: every device sends to every other, so that nobody in between can listen. If it falters, turn cameras off.
      </Banner>,
    );
  }
  return notes.length === 0 ? null : <div className={styles.notes}>{notes}</div>;
}

/** While the browser asks for the microphone, and when it is not to be had. */
function Before({ session, call, onLeave }: { session: CallSession; call: CallSnapshot; onLeave: () => void }) {
  const { problem } = call.own;
  if (call.phase !== "blocked" || problem === null) {
    return (
      <div className={styles.before}>
        <Spinner size="large" />
        <p>Your browser asks whether this page may use your microphone. Say yes to be heard.</p>
      </div>
    );
  }
  const { title, text } = problemOf(problem);
  return (
    <div className={styles.before}>
      <EmptyState
        icon={<MicOff aria-hidden />}
        title={title}
        actions={
          <>
            <Button variant="primary" onPress={() => void session.retry()}>
              Try again
            </Button>
            <Button onPress={() => void session.listenOnly()}>Join without microphone</Button>
            <Button variant="quiet" onPress={onLeave}>
              Do not join
            </Button>
          </>
        }
      >
        {text}
      </EmptyState>
    </div>
  );
}

/** The pictures: screens first and large; with one other person the own picture lies in the corner. */
function Stage({ call }: { call: CallSnapshot }) {
  const { people, own, relay, phase } = call;
  const screens = people.flatMap(({ username, screen }) => (screen === null ? [] : [{ of: username, stream: screen }]));
  const [alone, together] = [people.length === 0, people.length === 1];
  if (screens.length > 0 || own.screen !== null) {
    return (
      <div className={styles.stage} data-screen>
        <ul className={styles.spotlight} aria-label="Shared screens">
          {screens.length === 0 && own.screen !== null && <ScreenTile stream={own.screen} of={null} />}
          {screens.map(({ of, stream }) => (
            <ScreenTile key={of} stream={stream} of={of} />
          ))}
        </ul>
        <ul className={`${styles.strip} scroll`} aria-label="People in the call">
          {people.map((person) => (
            <PersonTile key={person.username} person={person} relay={relay} small />
          ))}
          <OwnTile own={own} small />
        </ul>
      </div>
    );
  }
  return (
    <div className={styles.stage}>
      <ul className={styles.grid} data-count={Math.min(together ? 1 : people.length + 1, 16)} aria-label="People in the call">
        {people.map((person) => (
          <PersonTile key={person.username} person={person} relay={relay} />
        ))}
        {!together && <OwnTile own={own} />}
      </ul>
      {together && (
        <ul className={styles.corner} aria-label="You">
          <OwnTile own={own} small />
        </ul>
      )}
      {alone && phase === "live" && <p className={styles.waiting}>Waiting for others. The members of this chat see that a call is running.</p>}
    </div>
  );
}
