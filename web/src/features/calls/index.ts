/** Calls. */

export const CallOverlay = () => null;
