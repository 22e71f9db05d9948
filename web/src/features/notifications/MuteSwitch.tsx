/** Makes one chat quiet on this device; for the chat's details. */

import { useSotto } from "../../app/session";
import { Switch } from "../../ui";
import { setMuted, useIsMuted } from "./mutes";

/** A switch for a DM's quiet. */
export function MuteSwitch({ dm }: { dm: number }) {
  const sotto = useSotto();
  const muted = useIsMuted(sotto, dm);
  return (
    <Switch isSelected={muted} onChange={(wanted) => setMuted(sotto, dm, wanted)} description="No notification, sound or ringing, on this device.">
      Mute this chat
    </Switch>
  );
}
