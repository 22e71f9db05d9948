/** Notifications of the operating system. */

/** Whether there are any, and whether the user allows them. */
export type Permission = "unsupported" | "default" | "granted" | "denied";

/** Where the permission stands. */
export function permission(): Permission {
  return "Notification" in globalThis && globalThis.isSecureContext ? Notification.permission : "unsupported";
}

/** Asks the user; only ever on a press of a button. */
export async function askPermission(): Promise<Permission> {
  if (permission() === "unsupported") return "unsupported";
  return Notification.requestPermission();
}

/** A notification. */
export interface DesktopNote {
  /** Another with the same tag takes its place. */
  readonly tag: string;
  readonly title: string;
  readonly body: string;
  /** A click brings the page forward and calls this. */
  readonly onClick: () => void;
}

const shown = new Map<string, Notification>();

/** Shows a notification, where that is allowed; answers whether it is shown. */
export function showDesktop({ tag, title, body, onClick }: DesktopNote): boolean {
  if (permission() !== "granted") return false;
  try {
    // Silent: the page has its own sound, and the user's setting for it.
    const note = new Notification(title, { tag, body, icon: "/icon-180.png", silent: true });
    shown.set(tag, note);
    note.onclick = () => {
      window.focus();
      note.close();
      onClick();
    };
    note.onclose = () => {
      if (shown.get(tag) === note) shown.delete(tag);
    };
    return true;
  } catch {
    // Browsers of phones let only service workers do this.
    return false;
  }
}

/** Takes a notification away. */
export function closeDesktop(tag: string): void {
  shown.get(tag)?.close();
  shown.delete(tag);
}

/** Takes all of them away: with the end of the session nothing of it stays on the screen. */
export function closeAllDesktop(): void {
  for (const tag of [...shown.keys()]) closeDesktop(tag);
}

/** The tags that are on the screen. */
export function shownTags(): string[] {
  return [...shown.keys()];
}
