/** One section of the settings, in the frame that all of them have. */

import { lazy, Suspense, type ReactNode } from "react";
import { ScreenBar, ScreenBody, Spinner } from "../../ui";
import { About } from "./About";
import { Accounts } from "./Accounts";
import { Appearance } from "./Appearance";
import { Security } from "./Security";
import { Storage } from "./Storage";
import styles from "./Settings.module.css";

const ProfileSettings = lazy(async () => ({ default: (await import("../profile")).ProfileSettings }));
const NotificationSettings = lazy(async () => ({ default: (await import("../notifications")).NotificationSettings }));

const SECTIONS: Readonly<Record<string, { title: string; content: ReactNode }>> = {
  profile: { title: "Profile", content: <ProfileSettings /> },
  appearance: { title: "Appearance", content: <Appearance /> },
  notifications: { title: "Notifications", content: <NotificationSettings /> },
  security: { title: "Security", content: <Security /> },
  storage: { title: "Storage", content: <Storage /> },
  accounts: { title: "Accounts", content: <Accounts /> },
  about: { title: "About", content: <About /> },
};

/** A section that there is not shows the profile. */
export function SettingsSection({ section }: { section: string }) {
  const known = Object.hasOwn(SECTIONS, section) ? section : "profile";
  const { title, content } = SECTIONS[known] ?? { title: "", content: null };
  return (
    <>
      <ScreenBar title={title} back="/settings" />
      <ScreenBody narrow key={known}>
        <Suspense
          fallback={
            <div className={styles.waiting}>
              <Spinner size="large" />
            </div>
          }
        >
          {content}
        </Suspense>
      </ScreenBody>
    </>
  );
}
