/** The profile picture: chosen or dropped, cropped in a window, removed. */

import type { protocol } from "@sotto/sdk";
import { ImageUp, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { Avatar, Button, Card, cx, safePicture, toast } from "../../ui";
import { sentenceFor } from "../people";
import { CropDialog } from "./CropDialog";
import { decodePicture, PictureError } from "./picture";
import styles from "./PictureCard.module.css";
import { useSetProfile } from "./useSetProfile";

/** Why a file was not taken, as a sentence. */
const problemOf = (error: unknown): string => (error instanceof PictureError ? error.message : "That picture could not be read.");

export function PictureCard({ me }: { me: protocol.FullUser }) {
  const input = useRef<HTMLInputElement>(null);
  const remove = useSetProfile();
  const [bitmap, setBitmap] = useState<ImageBitmap | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const has = safePicture(me.profile_picture) !== null;

  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    remove.reset();
    try {
      setProblem(null);
      setBitmap(await decodePicture(file));
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const close = (): void => {
    bitmap?.close();
    setBitmap(null);
  };

  return (
    <Card title="Picture" description="It is made small in this browser. Where and with what it was taken is left out.">
      <div
        className={cx(styles.drop, over && styles.over)}
        onDragOver={(event) => {
          if (!event.dataTransfer.types.includes("Files")) return;
          event.preventDefault();
          event.dataTransfer.dropEffect = "copy";
          setOver(true);
        }}
        onDragLeave={() => {
          setOver(false);
        }}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer.files[0]);
        }}
      >
        <Avatar name={me.username} picture={me.profile_picture} size={96} />
        <div className={styles.side}>
          <p className={styles.name}>{me.username}</p>
          <div className={styles.buttons}>
            <Button
              icon={<ImageUp aria-hidden />}
              onPress={() => {
                input.current?.click();
              }}
            >
              {has ? "Change picture" : "Choose a picture"}
            </Button>
            {has && (
              <Button
                variant="quiet"
                icon={<Trash2 aria-hidden />}
                isPending={remove.isPending}
                onPress={() => {
                  setProblem(null);
                  remove.mutate(
                    { profilePicture: "" },
                    {
                      onSuccess: () => {
                        toast("Your picture is removed.");
                      },
                    },
                  );
                }}
              >
                Remove
              </Button>
            )}
          </div>
          <p className={styles.hint}>Or drop a file here.</p>
        </div>
      </div>
      {(problem !== null || remove.error !== null) && (
        <p role="alert" className={styles.error}>
          {problem ?? sentenceFor(remove.error, "save")}
        </p>
      )}
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        aria-label="Picture"
        onChange={(event) => {
          void take(event.target.files?.[0]);
          // The same file again is a choice, too.
          event.target.value = "";
        }}
      />
      {bitmap !== null && <CropDialog bitmap={bitmap} onClose={close} />}
    </Card>
  );
}
