/** The one question before there is an account. */

import { Sotto } from "@sotto/sdk";
import { SERVER } from "../../app/session";

/** Whether a name can no longer be registered. */
export function isTaken(username: string): Promise<boolean> {
  return Sotto.isTaken(SERVER, username);
}
