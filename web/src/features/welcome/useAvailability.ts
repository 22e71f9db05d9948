/** Whether a name is free, asked while it is typed. */

import { useEffect, useState } from "react";
import { isTaken } from "./ask-server";
import { nameProblem, tidyName } from "./username";

/** What is known of a name. "unknown": the server could not be asked; registering will tell. */
export type Availability = "idle" | "asking" | "free" | "taken" | "unknown";

/** How long the typing must pause before the server is asked, in milliseconds. */
const PAUSE = 400;

/** Follows what is typed; an answer to an earlier name is dropped. */
export function useAvailability(typed: string): Availability {
  const [known, setKnown] = useState<{ name: string; state: Availability }>({ name: "", state: "idle" });
  const name = tidyName(typed);
  const askable = nameProblem(name) === null;
  useEffect(() => {
    if (!askable) return undefined;
    let dropped = false;
    const timer = setTimeout(() => {
      isTaken(name).then(
        (taken) => !dropped && setKnown({ name, state: taken ? "taken" : "free" }),
        () => !dropped && setKnown({ name, state: "unknown" }),
      );
    }, PAUSE);
    return () => {
      dropped = true;
      clearTimeout(timer);
    };
  }, [name, askable]);
  if (!askable) return "idle";
  return known.name === name ? known.state : "asking";
}
