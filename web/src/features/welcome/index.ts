/** The ways in. */

export const Welcome = () => null;
