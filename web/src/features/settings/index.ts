/** Settings: the list of sections, and each of them. */

export { SettingsList } from "./SettingsList";
export { SettingsSection } from "./SettingsSection";
