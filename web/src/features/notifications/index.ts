/**
 * Notifications: `Notifier` (mounted by the shell), `NotificationSettings` (a section of the settings), `MuteSwitch` (for a chat's
 * details), `isMuted`/`useIsMuted`/`setMuted`; for calls `tell`, `closeDesktop`, `startRinging`, `preferences`, `dmTitle`.
 */

export { closeDesktop } from "./desktop";
export { dmTitle } from "./describe";
export { isMuted, setMuted, useIsMuted } from "./mutes";
export { MuteSwitch } from "./MuteSwitch";
export { NotificationSettings } from "./NotificationSettings";
export { Notifier, Notifier as NotificationCentre, tell } from "./Notifier";
export { preferences } from "./preferences";
export { startRinging } from "./sounds";
