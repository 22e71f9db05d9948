/** One picture in a call: a person, or a screen that is shared. */

import type { ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { MicOff, MonitorUp } from "lucide-react";
import { useMe, useSotto } from "../../app/session";
import { Avatar, cx, Spinner } from "../../ui";
import type { CallSnapshot, Participant } from "./engine/call-snapshot";
import { useSpeaking, useStream } from "./media-hooks";
import styles from "./Tile.module.css";

interface PictureProps {
  readonly stream: MediaStream | null;
  readonly mirrored?: boolean;
  readonly whole?: boolean;
  readonly label: string;
}

function Picture({ stream, mirrored, whole, label }: PictureProps) {
  const video = useStream<HTMLVideoElement>(stream);
  // Muted: the voices are heard elsewhere, whether a picture is shown or not.
  return <video ref={video} className={cx(styles.video, mirrored && styles.mirrored, whole && styles.whole)} autoPlay playsInline muted aria-label={label} />;
}

interface FrameProps {
  readonly name: string;
  readonly shownName: string;
  readonly picture: string | null;
  readonly isMuted: boolean;
  readonly isSpeaking: boolean;
  readonly status: string | null;
  readonly small: boolean;
  readonly children: ReactNode;
}

function Frame({ name, shownName, picture, isMuted, isSpeaking, status, small, children }: FrameProps) {
  return (
    <li className={cx(styles.tile, isSpeaking && styles.speaking, small && styles.small)} data-speaking={isSpeaking || undefined}>
      {children ?? <Avatar name={name} picture={picture} size={small ? 48 : 96} />}
      {status !== null && (
        <span className={styles.status}>
          <Spinner />
          {status}
        </span>
      )}
      <span className={styles.caption}>
        {isMuted && <MicOff role="img" aria-label="Muted:" className={styles.muted} />}
        <bdi className={styles.name}>{shownName}</bdi>
      </span>
    </li>
  );
}

/** Why there is no picture or sound of someone yet. */
function statusOf({ username, link, trouble }: Participant, relay: boolean): string | null {
  if (link === "connected") return null;
  if (!trouble) return link === "connecting" ? "Connecting …" : "Reconnecting …";
  return relay ? `Still no way to ${username} …` : `Still no way to ${username}. A firewall may be between you, and this server offers no relay.`;
}

/** Another member. */
export function PersonTile({ person, relay, small = false }: { person: Participant; relay: boolean; small?: boolean }) {
  const sotto = useSotto();
  const { username, stream, mic, camera } = person;
  const picture = useQuery({ queryKey: ["person", username], queryFn: () => sotto.person(username) }).data?.user.profile_picture ?? null;
  const isSpeaking = useSpeaking(mic ? (stream?.getAudioTracks()[0] ?? null) : null);
  const status = statusOf(person, relay);
  return (
    <Frame name={username} shownName={username} picture={picture} isMuted={!mic && status === null} isSpeaking={isSpeaking} status={status} small={small}>
      {camera && stream !== null && stream.getVideoTracks().length > 0 ? <Picture stream={stream} label={`${username}’s camera`} /> : null}
    </Frame>
  );
}

/** This device's own picture. */
export function OwnTile({ own, small = false }: { own: CallSnapshot["own"]; small?: boolean }) {
  const { username } = useSotto();
  const picture = useMe().data?.profile_picture ?? null;
  const isSpeaking = useSpeaking(own.mic === "on" ? own.micTrack : null);
  return (
    <Frame name={username} shownName="You" picture={picture} isMuted={own.mic !== "on"} isSpeaking={isSpeaking} status={null} small={small}>
      {own.preview !== null ? <Picture stream={own.preview} mirrored label="Your camera" /> : null}
    </Frame>
  );
}

/** A shared screen, all of it. */
export function ScreenTile({ stream, of }: { stream: MediaStream; of: string | null }) {
  const label = of === null ? "Your screen, as others see it" : `${of}’s screen`;
  return (
    <li className={cx(styles.tile, styles.screen)}>
      <Picture stream={stream} whole label={label} />
      <span className={styles.caption}>
        <MonitorUp aria-hidden className={styles.sign} />
        <bdi className={styles.name}>{label}</bdi>
      </span>
    </li>
  );
}
