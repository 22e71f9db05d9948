/** Registers the service worker, and offers a new version of the page once it is there. */

import { useEffect } from "react";
import { toast } from "../../ui";
import { watchForUpdate } from "../service-worker";

/** Draws nothing itself; the offer is a toast. */
export function UpdatePrompt() {
  useEffect(
    () =>
      watchForUpdate((use) => {
        toast({ text: "A new version of Sotto is ready.", action: { label: "Load it", onPress: use }, stays: true });
      }),
    [],
  );
  return null;
}
