/** Choosing the square of a picture: dragged or moved by arrow keys, zoomed by a slider, saved as it is seen. */

import { useMutation } from "@tanstack/react-query";
import { ZoomIn, ZoomOut } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { Button, Dialog, toast } from "../../ui";
import { sentenceFor } from "../people";
import { CENTRE, dragged, MAX_ZOOM, settled, type Crop } from "./crop";
import styles from "./CropDialog.module.css";
import { drawCrop, PictureError, profilePicture } from "./picture";
import { useSetProfile } from "./useSetProfile";

/** Pixels of the preview, twice what it is in CSS. */
const PREVIEW = 512;
/** How far an arrow key moves, as a share of what is seen. */
const STEP = 0.05;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

/** `bitmap` stays the caller's, who closes it in `onClose`. */
export function CropDialog({ bitmap, onClose }: { bitmap: ImageBitmap; onClose: () => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const from = useRef<{ x: number; y: number } | null>(null);
  const [crop, setCrop] = useState<Crop>(CENTRE);
  const { mutateAsync: setProfile } = useSetProfile();
  const hint = useId();
  const { width, height } = bitmap;

  useEffect(() => {
    if (canvas.current !== null) drawCrop(canvas.current, bitmap, crop);
  }, [bitmap, crop]);

  const save = useMutation({
    mutationFn: async () => setProfile({ profilePicture: await profilePicture(bitmap, crop) }),
    onSuccess: () => {
      toast({ text: "Your picture is saved.", tone: "good" });
      onClose();
    },
  });

  return (
    <Dialog
      isOpen
      onClose={onClose}
      isDismissable={!save.isPending}
      title="Your picture"
      size="small"
      actions={
        <>
          <Button isDisabled={save.isPending} onPress={onClose}>
            Cancel
          </Button>
          <Button
            variant="primary"
            isPending={save.isPending}
            onPress={() => {
              save.mutate();
            }}
          >
            Save picture
          </Button>
        </>
      }
    >
      <canvas
        ref={canvas}
        width={PREVIEW}
        height={PREVIEW}
        className={styles.preview}
        tabIndex={0}
        role="application"
        aria-roledescription="picture to be moved"
        aria-label="Your picture as others will see it"
        aria-describedby={hint}
        onKeyDown={(event) => {
          const step = ARROWS[event.key];
          if (step === undefined) return;
          event.preventDefault();
          setCrop((now) => dragged(now, step[0], step[1], width, height));
        }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          from.current = { x: event.clientX, y: event.clientY };
        }}
        onPointerMove={(event) => {
          if (from.current === null) return;
          const side = event.currentTarget.clientWidth;
          const [dx, dy] = [(event.clientX - from.current.x) / side, (event.clientY - from.current.y) / side];
          from.current = { x: event.clientX, y: event.clientY };
          setCrop((now) => dragged(now, dx, dy, width, height));
        }}
        onPointerUp={() => {
          from.current = null;
        }}
        onPointerCancel={() => {
          from.current = null;
        }}
      />
      <div className={styles.zoom}>
        <ZoomOut aria-hidden />
        <input
          type="range"
          aria-label="Zoom"
          className={styles.slider}
          min={1}
          max={MAX_ZOOM}
          step={0.05}
          value={crop.zoom}
          onChange={(event) => {
            const zoom = event.target.valueAsNumber;
            setCrop((now) => settled({ ...now, zoom }, width, height));
          }}
        />
        <ZoomIn aria-hidden />
      </div>
      <p id={hint} className={styles.hint}>
        Drag the picture, or move it with the arrow keys.
      </p>
      {save.error !== null && (
        <p role="alert" className={styles.error}>
          {save.error instanceof PictureError ? save.error.message : sentenceFor(save.error, "save")}
        </p>
      )}
    </Dialog>
  );
}
