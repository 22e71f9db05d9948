/** Profiles: of others (a screen) and one's own (a part of the settings). */

export { PersonScreen } from "./PersonScreen";
export { ProfileSettings } from "./ProfileSettings";
