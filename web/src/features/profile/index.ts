/** Profiles: of others (a screen) and one's own (a part of the settings). */

export const PersonScreen = (_: { name: string }) => null;
export const ProfileSettings = () => null;
