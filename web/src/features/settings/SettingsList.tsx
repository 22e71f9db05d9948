/** The first column of the settings: the sections, and the way out. */

import { useState } from "react";
import { Link, useLocation } from "wouter";
import { Bell, ChevronRight, Database, Info, LogOut, Palette, ShieldCheck, UsersRound, type LucideIcon } from "lucide-react";
import { sentenceOf, useMe, useSotto } from "../../app/session";
import { Avatar, Button, cx, ScreenBar, ScreenBody, toast, useIsPhone } from "../../ui";
import { askAndLogOut } from "./log-out";
import styles from "./Settings.module.css";

const SECTIONS: readonly { id: string; label: string; note: string; icon: LucideIcon }[] = [
  { id: "appearance", label: "Appearance", note: "Theme, text size", icon: Palette },
  { id: "notifications", label: "Notifications", note: "What you are told, and how", icon: Bell },
  { id: "security", label: "Security", note: "Keys, passphrase, invitations", icon: ShieldCheck },
  { id: "storage", label: "Storage", note: "What is kept, and where", icon: Database },
  { id: "accounts", label: "Accounts", note: "On this device", icon: UsersRound },
  { id: "about", label: "About", note: "Version, licences", icon: Info },
];

/** `selected`: the section of the path; without one, the profile stands beside the list, or on a phone nothing. */
export function SettingsList({ selected: named }: { selected: string | null }) {
  const isPhone = useIsPhone();
  const selected = named ?? (isPhone ? null : "profile");
  const sotto = useSotto();
  const me = useMe();
  const [, navigate] = useLocation();
  const [leaving, setLeaving] = useState(false);

  const logOut = async () => {
    setLeaving(true);
    try {
      if (await askAndLogOut(sotto.username)) navigate("/welcome", { replace: true });
    } catch (error) {
      toast({ text: `Logging out failed. ${sentenceOf(error)}`, tone: "danger" });
    } finally {
      setLeaving(false);
    }
  };

  return (
    <>
      <ScreenBar title="Settings" level={1} />
      <ScreenBody className={styles.list ?? ""}>
        <ul>
          <li>
            <Link
              href="/settings/profile"
              className={cx(styles.link, styles.me)}
              aria-current={selected === "profile" ? "page" : undefined}
            >
              <Avatar name={sotto.username} picture={me.data?.profile_picture ?? null} size={48} />
              <span className={styles.linkText}>
                <span className={styles.linkLabel}>{sotto.username}</span>
                <span className={styles.linkNote}>Profile, picture, status</span>
              </span>
              <ChevronRight aria-hidden className={styles.chevron} />
            </Link>
          </li>
          {SECTIONS.map(({ id, label, note, icon: Icon }) => (
            <li key={id}>
              <Link href={`/settings/${id}`} className={styles.link} aria-current={selected === id ? "page" : undefined}>
                <span className={styles.linkIcon}>
                  <Icon aria-hidden />
                </span>
                <span className={styles.linkText}>
                  <span className={styles.linkLabel}>{label}</span>
                  <span className={styles.linkNote}>{note}</span>
                </span>
                <ChevronRight aria-hidden className={styles.chevron} />
              </Link>
            </li>
          ))}
        </ul>
        <div className={styles.out}>
          <Button
            variant="quiet"
            wide
            icon={<LogOut aria-hidden />}
            className={styles.outButton ?? ""}
            isPending={leaving}
            onPress={() => void logOut()}
          >
            Log out of this device
          </Button>
        </div>
      </ScreenBody>
    </>
  );
}
