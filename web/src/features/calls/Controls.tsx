/** What one does in a call: microphone, camera, screen, devices, and going. */

import { useEffect, useState } from "react";
import { Maximize, Mic, MicOff, Minimize, MonitorUp, MonitorX, PhoneOff, Settings2, Video, VideoOff } from "lucide-react";
import { cx, IconButton, Popover, Select, type TooltipPlacement } from "../../ui";
import type { CallSnapshot } from "./engine/call-snapshot";
import type { CallSession } from "./engine/call-session";
import { canChooseSpeaker, canShareScreen, chooseDevice, chosenDevice, type DeviceKind } from "./engine/media";
import { useDevices } from "./media-hooks";
import styles from "./Controls.module.css";

interface ControlProps {
  readonly session: CallSession;
  readonly own: CallSnapshot["own"];
  readonly tooltip?: TooltipPlacement;
  readonly className?: string | undefined;
}

/** Mutes and unmutes. */
export function MicButton({ session, own, tooltip = "top", className }: ControlProps) {
  const isOn = own.mic === "on";
  return (
    <IconButton
      aria-label={isOn ? "Mute microphone (M)" : "Turn microphone on (M)"}
      tooltip={tooltip}
      isDisabled={own.mic === "asking"}
      onPress={() => void session.toggleMic()}
      className={cx(styles.control, !isOn && styles.off, className)}
    >
      {isOn ? <Mic aria-hidden /> : <MicOff aria-hidden />}
    </IconButton>
  );
}

function CameraButton({ session, own }: ControlProps) {
  const isOn = own.camera === "on";
  return (
    <IconButton
      aria-label={isOn ? "Turn camera off (V)" : "Turn camera on (V)"}
      tooltip="top"
      isDisabled={own.camera === "asking"}
      onPress={() => void session.toggleCamera()}
      className={cx(styles.control, !isOn && styles.off)}
    >
      {isOn ? <Video aria-hidden /> : <VideoOff aria-hidden />}
    </IconButton>
  );
}

function ScreenButton({ session, own }: ControlProps) {
  const isOn = own.sharing === "on";
  return (
    <IconButton
      aria-label={isOn ? "Stop sharing the screen" : "Share the screen"}
      tooltip="top"
      isDisabled={own.sharing === "asking"}
      onPress={() => void session.toggleScreen()}
      className={cx(styles.control, isOn && styles.sharing)}
    >
      {isOn ? <MonitorX aria-hidden /> : <MonitorUp aria-hidden />}
    </IconButton>
  );
}

/** Leaves the call. */
export function LeaveButton({ onLeave, tooltip = "top", className }: { onLeave: () => void; tooltip?: TooltipPlacement; className?: string | undefined }) {
  return (
    <IconButton aria-label="Leave the call" variant="danger" tooltip={tooltip} onPress={onLeave} className={cx(styles.control, styles.leave, className)}>
      <PhoneOff aria-hidden />
    </IconButton>
  );
}

/** All of the page, and nothing of the system around it. The page and not the call, or menus would stay behind. */
function FullScreenButton() {
  const [isFull, setFull] = useState(document.fullscreenElement !== null);
  useEffect(() => {
    const changed = (): void => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", changed);
    return () => {
      document.removeEventListener("fullscreenchange", changed);
      // It was for the call.
      if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => undefined);
    };
  }, []);
  // The browser may say no; what is shown follows what is.
  const toggle = (): Promise<void> => (isFull ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  return (
    <IconButton
      aria-label={isFull ? "Leave full screen" : "Full screen"}
      tooltip="top"
      onPress={() => void toggle().catch(() => undefined)}
      className={styles.control ?? ""}
    >
      {isFull ? <Minimize aria-hidden /> : <Maximize aria-hidden />}
    </IconButton>
  );
}

const KINDS: Readonly<Record<DeviceKind, string>> = { audioinput: "Microphone", videoinput: "Camera", audiooutput: "Speaker" };

function DeviceSelect({ kind, onChoose }: { kind: DeviceKind; onChoose: (id: string) => void }) {
  const devices = useDevices(kind);
  const [chosen, setChosen] = useState(() => chosenDevice(kind));
  const choices = [
    { value: "", label: "The system’s choice" },
    ...devices.filter(({ id }) => id !== "default").map(({ id, name }, at) => ({ value: id, label: name === "" ? `${KINDS[kind]} ${String(at + 1)}` : name })),
  ];
  return (
    <Select
      label={KINDS[kind]}
      choices={choices}
      value={choices.some(({ value }) => value === chosen) ? chosen : ""}
      onChange={(id) => {
        setChosen(id);
        chooseDevice(kind, id);
        onChoose(id);
      }}
    />
  );
}

function DevicesButton({ session, onSpeaker }: { session: CallSession; onSpeaker: (id: string) => void }) {
  return (
    <Popover
      label="Microphone, camera and speaker"
      placement="top"
      trigger={
        <IconButton aria-label="Choose devices" tooltip="top" className={styles.control ?? ""}>
          <Settings2 aria-hidden />
        </IconButton>
      }
    >
      <div className={styles.devices}>
        <DeviceSelect kind="audioinput" onChoose={() => void session.reopen("mic")} />
        <DeviceSelect kind="videoinput" onChoose={() => void session.reopen("camera")} />
        {canChooseSpeaker() && <DeviceSelect kind="audiooutput" onChoose={onSpeaker} />}
      </div>
    </Popover>
  );
}

/** The bar at the foot of a call. */
export function Controls({ session, own, onSpeaker, onLeave }: ControlProps & { onSpeaker: (id: string) => void; onLeave: () => void }) {
  return (
    <div role="group" aria-label="Call controls" className={styles.bar}>
      <MicButton session={session} own={own} />
      <CameraButton session={session} own={own} />
      {canShareScreen() && <ScreenButton session={session} own={own} />}
      <DevicesButton session={session} onSpeaker={onSpeaker} />
      {document.fullscreenEnabled && <FullScreenButton />}
      <LeaveButton onLeave={onLeave} />
    </div>
  );
}
