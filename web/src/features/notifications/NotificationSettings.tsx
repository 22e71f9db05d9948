/** The settings of notifications on this device. */

import { useEffect, useState } from "react";
import { Banner, Button, Card, RadioGroup, Switch } from "../../ui";
import { askPermission, closeAllDesktop, permission, type Permission } from "./desktop";
import { setPreferences, usePreferences, type Reveal } from "./preferences";
import { playChime } from "./sounds";
import styles from "./NotificationSettings.module.css";

const REVEALS: readonly { value: Reveal; label: string; description: string }[] = [
  { value: "nothing", label: "That there is a message", description: "Neither who wrote nor what." },
  { value: "sender", label: "Who wrote", description: "The sender and the chat's name." },
  { value: "text", label: "Who wrote, and what", description: "Messages that destroy themselves are never shown." },
];

/** Whether the browser's answer changes while the page is open, so does what is shown. */
function usePermission(): [Permission, () => Promise<Permission>] {
  const [granted, setGranted] = useState(permission);
  useEffect(() => {
    const again = (): void => setGranted(permission());
    window.addEventListener("focus", again);
    return () => window.removeEventListener("focus", again);
  }, []);
  const ask = async (): Promise<Permission> => {
    const answer = await askPermission();
    setGranted(answer);
    return answer;
  };
  return [granted, ask];
}

/** Desktop notifications, what they show, and sounds. */
export function NotificationSettings() {
  const { desktop, reveal, sound, ring } = usePreferences();
  const [granted, ask] = usePermission();
  const on = desktop && granted === "granted";

  const turn = async (wanted: boolean): Promise<void> => {
    if (!wanted) closeAllDesktop();
    setPreferences({ desktop: wanted && (granted === "granted" || (await ask()) === "granted") });
  };

  return (
    <>
      <Card title="On the desktop">
        <div className={styles.group}>
          <Switch
            isSelected={on}
            isDisabled={granted === "unsupported" || granted === "denied"}
            onChange={(wanted) => void turn(wanted)}
            description="While Sotto is open in a tab that you are not looking at."
          >
            Show notifications
          </Switch>
          {granted === "denied" && (
            <Banner tone="warn" inset>
              Your browser blocks notifications of this page. Allow them beside the address, where the page&rsquo;s permissions are, and come back.
            </Banner>
          )}
          {granted === "unsupported" && (
            <Banner inset>This browser shows no notifications of pages.</Banner>
          )}
          {on && (
            <RadioGroup
              label="What they show"
              description="Others may see your screen, and the system may keep what was shown."
              value={reveal}
              onChange={(value) => setPreferences({ reveal: value })}
              choices={REVEALS}
            />
          )}
        </div>
      </Card>
      <Card title="Sounds">
        <div className={styles.group}>
          <Switch isSelected={sound} onChange={(wanted) => setPreferences({ sound: wanted })}>
            A soft sound for new messages
          </Switch>
          <Switch isSelected={ring} onChange={(wanted) => setPreferences({ ring: wanted })}>
            A tone for incoming calls
          </Switch>
          <div>
            <Button size="small" onPress={() => void playChime().catch(() => undefined)}>
              Play the sound
            </Button>
          </div>
        </div>
      </Card>
      <p className={styles.note}>A chat that you mute is silent on this device; muting is in the chat&rsquo;s details.</p>
    </>
  );
}
