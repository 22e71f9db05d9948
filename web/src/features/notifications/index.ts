/** Desktop notifications. */

export const Notifier = () => null;
export const NotificationSettings = () => null;
