/** A new chat or group. */

export const NewDmScreen = () => null;
