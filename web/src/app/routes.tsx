/** Which route shows what, in which column. Each feature is its own chunk, and gives its screens from `features/<name>/index.ts`. */

import { lazy, type ComponentType, type ReactNode } from "react";

/** A screen of a feature, loaded when it is shown. */
const screen = <P,>(load: () => Promise<ComponentType<P>>) => lazy(async () => ({ default: await load() }));

const chat = () => import("../features/chat");
const newDm = () => import("../features/new-dm");
const profile = () => import("../features/profile");
const safety = () => import("../features/safety");
// Features that others import from, and what the shell holds all the time: from its own file, so that it does not bring the rest along.
const people = () => import("../features/people/PeopleScreen");
const dmList = () => import("../features/chat/list/DmList");
const nothingOpen = () => import("../features/chat/list/NothingOpen");
const keyChangeBanner = () => import("../features/safety/KeyChangeBanner");
const notifier = () => import("../features/notifications/Notifier");
const callOverlay = () => import("../features/calls/CallOverlay");
const dmDetails = () => import("../features/dm-details");
const settings = () => import("../features/settings");
const welcome = () => import("../features/welcome");

const DmList = screen(async () => (await dmList()).DmList);
const ChatScreen = screen(async () => (await chat()).ChatScreen);
const DmDetails = screen(async () => (await dmDetails()).DmDetails);
const NothingOpen = screen(async () => (await nothingOpen()).NothingOpen);
const PeopleScreen = screen(async () => (await people()).PeopleScreen);
const NobodyOpen = screen(async () => (await people()).NobodyOpen);
const NewDmScreen = screen(async () => (await newDm()).NewDmScreen);
const PersonScreen = screen(async () => (await profile()).PersonScreen);
const VerifyScreen = screen(async () => (await safety()).VerifyScreen);
const SettingsList = screen(async () => (await settings()).SettingsList);
const SettingsSection = screen(async () => (await settings()).SettingsSection);

/** Says in the shell that somebody's key has changed. */
export const KeyChangeBanner = screen(async () => (await keyChangeBanner()).KeyChangeBanner);
/** Over everything while in a call, or asked into one. */
export const CallOverlay = screen(async () => (await callOverlay()).CallOverlay);
/** Shows desktop notifications; draws nothing. */
export const Notifier = screen(async () => (await notifier()).Notifier);
/** Everything before the log-in: `/welcome`, `/register`, `/login`, `/unlock`. */
export const Welcome = screen(async () => (await welcome()).Welcome);

/** Loads the conversation while nothing else is going on, so that the first chat opens at once. */
export function prefetchChat(): () => void {
  // Safari has no idle callback.
  if (!("requestIdleCallback" in globalThis)) {
    const timer = setTimeout(() => void chat().catch(() => undefined), 2000);
    return () => clearTimeout(timer);
  }
  const idle = requestIdleCallback(() => void chat().catch(() => undefined));
  return () => cancelIdleCallback(idle);
}

/** What the columns show for a place in the app. */
export interface Place {
  /** Which of the shell's destinations is lit. */
  readonly section: "chats" | "people" | "settings";
  /** The first column. */
  readonly list: ReactNode;
  /** The second column. */
  readonly main: ReactNode;
  /** The third column; below 1100 px it lies over the second. */
  readonly details?: ReactNode;
  /** Whether a phone, which has one column, shows the first one. */
  readonly listFirst: boolean;
  /** Changes with what the second column is about: errors there are forgotten. */
  readonly subject: string;
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** The place of a path; null where there is none. */
export function placeOf(path: string): Place | null {
  const parts = path.split("/").filter((part) => part !== "");
  const [first, second, third] = parts;
  if (first === undefined) {
    return { section: "chats", list: <DmList selected={null} />, main: <NothingOpen />, listFirst: true, subject: "nothing" };
  }
  if (first === "dm" && second !== undefined && /^[1-9]\d{0,15}$/.test(second) && (third === undefined || third === "details")) {
    const id = Number(second);
    const details = third === "details" ? { details: <DmDetails key={id} id={id} /> } : {};
    return {
      section: "chats",
      list: <DmList selected={id} />,
      main: <ChatScreen key={id} id={id} />,
      ...details,
      listFirst: false,
      subject: `dm ${id}`,
    };
  }
  if (first === "new" && second === undefined) {
    return { section: "chats", list: <DmList selected={null} />, main: <NewDmScreen />, listFirst: false, subject: "new" };
  }
  if (first === "people" && parts.length <= 2) {
    return {
      section: "people",
      list: <PeopleScreen tab={second ?? null} selected={null} />,
      main: <NobodyOpen />,
      listFirst: true,
      subject: "nobody",
    };
  }
  if (first === "person" && second !== undefined && (third === undefined || third === "verify")) {
    const name = decoded(second);
    const main = third === "verify" ? <VerifyScreen key={name} name={name} /> : <PersonScreen key={name} name={name} />;
    return {
      section: "people",
      list: <PeopleScreen tab={null} selected={name} />,
      main,
      listFirst: false,
      subject: `${third ?? "person"} ${name}`,
    };
  }
  if (first === "settings" && parts.length <= 2) {
    return {
      section: "settings",
      list: <SettingsList selected={second ?? null} />,
      main: <SettingsSection section={second ?? "profile"} />,
      listFirst: second === undefined,
      subject: `settings ${second ?? ""}`,
    };
  }
  return null;
}
