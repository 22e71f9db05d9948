/** Theme and text size, on this device. */

import { Monitor, Moon, Sun } from "lucide-react";
import { setAppearance, useAppearance, type Appearance as Chosen } from "../../app/theme";
import { Card, RadioGroup } from "../../ui";
import styles from "./Settings.module.css";

const THEMES = [
  { value: "system", label: "System", icon: <Monitor aria-hidden /> },
  { value: "light", label: "Light", icon: <Sun aria-hidden /> },
  { value: "dark", label: "Dark", icon: <Moon aria-hidden /> },
] as const;

const letter = (size: string) => (
  <span aria-hidden className={styles.letter} style={{ fontSize: size }}>
    A
  </span>
);

const SIZES = [
  { value: "small", label: "Small", icon: letter("15px") },
  { value: "normal", label: "Normal", icon: letter("18px") },
  { value: "large", label: "Large", icon: letter("22px") },
  { value: "larger", label: "Larger", icon: letter("26px") },
] as const;

/** It holds for every account on this device. */
export function Appearance() {
  const { theme, text } = useAppearance();
  return (
    <>
      <Card title="Theme">
        <RadioGroup<Chosen["theme"]>
          look="cards"
          label="Theme"
          hideLabel
          value={theme}
          onChange={(value) => setAppearance({ theme: value })}
          choices={THEMES}
        />
      </Card>
      <Card title="Text size">
        <RadioGroup<Chosen["text"]>
          look="cards"
          label="Text size"
          hideLabel
          value={text}
          onChange={(value) => setAppearance({ text: value })}
          choices={SIZES}
        />
        <div className={styles.sample}>
          <p className={styles.sampleOther}>Are we still on for Thursday?</p>
          <p className={styles.sampleOwn}>Yes. I will bring the maps.</p>
        </div>
      </Card>
    </>
  );
}
