/** Logging out, after a question that says what it takes with it. */

import { logOut } from "../../app/session";
import { confirm } from "../../ui";

/** Answers whether it was done. */
export async function askAndLogOut(username: string): Promise<boolean> {
  const yes = await confirm({
    title: `Log out ${username}?`,
    text: (
      <>
        <p>The keys of this account and everything that is kept of it are wiped from this device. Nothing is deleted on the server.</p>
        <p style={{ marginTop: "0.75rem" }}>
          <strong>Your 24 recovery words are the only way back.</strong> If you do not have them, stay logged in.
        </p>
      </>
    ),
    action: "Log out and wipe",
    cancel: "Stay",
    danger: true,
  });
  if (yes) await logOut();
  return yes;
}
