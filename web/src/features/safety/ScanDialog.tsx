/** Reading the other's code by camera, or from a picture of it. */

import { ImageUp } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { Button, Dialog, Spinner } from "../../ui";
import { cameraSentence, codesIn, type Detector } from "./scan";
import styles from "./ScanDialog.module.css";

/** How often the picture is looked at. */
const LOOK_MS = 200;

/** `onCode`: the first code that is seen, whatever it says. The camera is off as soon as this is gone. */
export function ScanDialog({
  detector,
  name,
  onClose,
  onCode,
}: {
  detector: Detector;
  name: string;
  onClose: () => void;
  onCode: (text: string) => void;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const found = useEffectEvent(onCode);

  useEffect(() => {
    let over = false;
    let stream: MediaStream | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      const element = video.current;
      const [code] = element === null || element.readyState < element.HAVE_CURRENT_DATA ? [] : await codesIn(detector, element);
      if (over) return;
      if (code !== undefined) found(code);
      else timer = setTimeout(() => void look(), LOOK_MS);
    };
    const start = async (): Promise<void> => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
        const element = video.current;
        if (over || element === null) {
          stop();
          return;
        }
        element.srcObject = stream;
        await element.play();
        setRunning(true);
        await look();
      } catch (error) {
        if (!over) setProblem(cameraSentence(error));
      }
    };
    const stop = (): void => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    void start();
    return () => {
      over = true;
      clearTimeout(timer);
      stop();
    };
  }, [detector]);

  const read = async (picked: File | undefined): Promise<void> => {
    if (picked === undefined) return;
    try {
      const bitmap = await createImageBitmap(picked);
      const [code] = await codesIn(detector, bitmap);
      bitmap.close();
      if (code === undefined) setProblem("No code was found in that picture. Take it from closer, with the whole code in it.");
      else onCode(code);
    } catch {
      setProblem("That file could not be read as a picture.");
    }
  };

  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Scan the code"
      actions={
        <>
          <Button
            icon={<ImageUp aria-hidden />}
            onPress={() => {
              file.current?.click();
            }}
          >
            From a picture
          </Button>
          <Button onPress={onClose}>Cancel</Button>
        </>
      }
    >
      <p>Hold the code on {name}’s screen before the camera.</p>
      <div className={styles.frame}>
        <video ref={video} className={styles.video} muted playsInline aria-label="Camera" />
        {!running && problem === null && (
          <div className={styles.over}>
            <Spinner size="large" label="Starting the camera" />
          </div>
        )}
        {problem !== null && (
          <p role="alert" className={styles.over}>
            {problem}
          </p>
        )}
      </div>
      <input
        ref={file}
        type="file"
        accept="image/*"
        hidden
        aria-label="Picture of the code"
        onChange={(event) => {
          void read(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
    </Dialog>
  );
}
