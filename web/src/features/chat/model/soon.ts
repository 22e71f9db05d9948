/** Scheduled messages that go within a minute: told once in a note, marked until they are gone. */

import { navigate } from "wouter/use-browser-location";
import type { Sotto } from "@sotto/sdk";
import { toast } from "../../../ui";

/** Lasts as long as the session. */
export class Soon {
  readonly #listeners = new Set<() => void>();
  #ids: ReadonlySet<number> = new Set();

  constructor(session: Pick<Sotto, "on">) {
    session.on("scheduledSoon", ({ dm, id }) => {
      this.#put(new Set(this.#ids).add(id));
      toast({
        text: "A scheduled message goes out in a minute.",
        action: {
          label: "See it",
          onPress: () => {
            navigate(`/dm/${String(dm)}?scheduled`);
          },
        },
      });
    });
    const gone = ({ id }: { id: number }): void => {
      const ids = new Set(this.#ids);
      if (ids.delete(id)) this.#put(ids);
    };
    session.on("scheduledSent", gone);
    session.on("scheduledFailed", gone);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getIds = (): ReadonlySet<number> => this.#ids;

  #put(ids: ReadonlySet<number>): void {
    this.#ids = ids;
    for (const listener of this.#listeners) listener();
  }
}
