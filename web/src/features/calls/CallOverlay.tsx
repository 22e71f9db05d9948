/** Everything that calls put over the page: the call itself, its strip, its voices, and calls that come in. */

import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { useSotto } from "../../app/session";
import { announce, toast } from "../../ui";
import { titleOf } from "../chat/model/names";
import { CallAudio } from "./CallAudio";
import { CallScreen } from "./CallScreen";
import { CallStrip } from "./CallStrip";
import type { CallNews } from "./calls";
import type { CallSnapshot } from "./engine/call-snapshot";
import { chosenDevice } from "./engine/media";
import { useCalls, useCallsView } from "./hooks";
import { IncomingCall } from "./IncomingCall";
import { useWakeLock } from "./media-hooks";
import { changesBetween, endingOf } from "./sentences";

/** Mounted once, by the shell, in its flex column: the strip stands at the top of it. */
export function CallOverlay() {
  const calls = useCalls();
  const { call, small, rings } = useCallsView();
  const [, navigate] = useLocation();
  const [speaker, setSpeaker] = useState(() => chosenDevice("audiooutput"));
  const title = useTitle(call?.dm ?? null);
  useAnnouncements(call);
  useWakeLock(call !== null);

  const happened = useEffectEvent((news: CallNews) => {
    if (news.what === "missed") {
      const { dm, from } = news.ring;
      toast({ text: `You missed a call from ${from}.`, action: { label: "Open chat", onPress: () => navigate(`/dm/${String(dm)}`) } });
      return;
    }
    announce("The call has ended");
    const text = endingOf(news.end);
    if (text !== null) toast({ text, tone: news.end.reason === "elsewhere" ? "info" : "danger" });
  });
  useEffect(() => calls.onNews((news) => happened(news)), [calls]);

  const { session } = calls;
  const [ring] = rings;
  const leave = (): void => void calls.leave();
  return (
    <>
      {call !== null && session !== null && (
        <>
          {small ? (
            <CallStrip session={session} call={call} title={title} onLarge={() => calls.resize(false)} onLeave={leave} />
          ) : (
            <CallScreen session={session} call={call} title={title} onSpeaker={setSpeaker} onSmall={() => calls.resize(true)} onLeave={leave} />
          )}
          <CallAudio people={call.people} speaker={speaker} />
        </>
      )}
      {ring !== undefined && (
        <IncomingCall
          key={ring.dm}
          ring={ring}
          silent={call !== null}
          onAccept={(camera) => void calls.enter(ring.dm, camera)}
          onDismiss={() => calls.dismiss(ring.dm)}
        />
      )}
    </>
  );
}

function useTitle(dm: number | null): string {
  const sotto = useSotto();
  const known = useQuery({
    queryKey: ["dm", dm ?? 0],
    queryFn: () => sotto.dm(dm ?? 0),
    enabled: dm !== null,
  }).data;
  return known === undefined ? "Call" : titleOf(known, sotto.username);
}

/** Says who comes and goes. */
function useAnnouncements(call: CallSnapshot | null): void {
  const before = useRef<CallSnapshot | null>(null);
  useEffect(() => {
    const then = before.current;
    before.current = call;
    if (then === null || call === null || then.dm !== call.dm) return;
    const said = changesBetween(then, call);
    if (said.length > 0) announce(said.join(". "));
  }, [call]);
}
