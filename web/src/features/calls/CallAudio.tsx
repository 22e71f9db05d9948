/** The voices of a call: heard while the call is large, small, and behind everything else. */

import { useEffect, useState } from "react";
import { Button } from "../../ui";
import type { Participant } from "./engine/call-snapshot";
import { useStream } from "./media-hooks";
import styles from "./CallAudio.module.css";

function Voice({ stream, speaker, onBlocked }: { stream: MediaStream; speaker: string; onBlocked: () => void }) {
  const audio = useStream<HTMLAudioElement>(stream);
  useEffect(() => {
    void audio.current?.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") onBlocked();
    });
  }, [audio, stream, onBlocked]);
  useEffect(() => {
    const element = audio.current;
    // A speaker that is gone gives way to the system's.
    if (element !== null && "setSinkId" in element) void element.setSinkId(speaker).catch(() => element.setSinkId("").catch(() => undefined));
  }, [audio, speaker]);
  return <audio ref={audio} autoPlay />;
}

/** Plays everyone. Some browsers want a press before anything sounds; then there is a button for it. */
export function CallAudio({ people, speaker }: { people: readonly Participant[]; speaker: string }) {
  const [isBlocked, setBlocked] = useState(false);
  const [round, setRound] = useState(0);
  const [block] = useState(() => () => setBlocked(true));
  return (
    <>
      {people.map(({ username, stream, screen }) => (
        <span key={`${username} ${String(round)}`} hidden>
          {stream !== null && <Voice stream={stream} speaker={speaker} onBlocked={block} />}
          {screen !== null && screen.getAudioTracks().length > 0 && <Voice stream={screen} speaker={speaker} onBlocked={block} />}
        </span>
      ))}
      {isBlocked && (
        <div data-over-call className={styles.unblock}>
          <Button
            variant="primary"
            onPress={() => {
              setBlocked(false);
              setRound(round + 1);
            }}
          >
            Turn the sound on
          </Button>
        </div>
      )}
    </>
  );
}
