/** The one question before there is an account. */

import { Sotto } from "@sotto/sdk";
import { SERVER } from "../../app/session";

interface Asks {
  isTaken(server: string, username: string): Promise<boolean>;
}

/** Whether a name can no longer be registered. */
export async function isTaken(username: string): Promise<boolean> {
  return (Sotto as unknown as Asks).isTaken(SERVER, username);
}
