/**
 * Notifications: `Notifier` (mounted by the shell), `NotificationSettings` (a section of the settings), `MuteSwitch` (for a chat's
 * details), `isMuted`/`useIsMuted`/`setMuted`; for calls `tell`, `closeDesktop`, `startRinging`, `preferences`.
 */

export { closeDesktop } from "./desktop";
export { isMuted, setMuted, useIsMuted } from "./mutes";
export { MuteSwitch } from "./MuteSwitch";
export { NotificationSettings } from "./NotificationSettings";
export { Notifier, tell } from "./Notifier";
export { preferences } from "./preferences";
export { startRinging } from "./sounds";
