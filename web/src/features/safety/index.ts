/** Safety numbers. */

export const VerifyScreen = (_: { name: string }) => null;
