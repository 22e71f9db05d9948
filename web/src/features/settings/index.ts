/** Settings. */

export const SettingsList = (_: { selected: string | null }) => null;
export const SettingsSection = (_: { section: string }) => null;
