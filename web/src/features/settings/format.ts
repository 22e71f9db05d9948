/** Numbers and keys for a reader. */

const UNITS = ["B", "kB", "MB", "GB"] as const;

/** «41.2 kB»: decimal units, at most one decimal place. */
export function bytesText(bytes: number, locale?: string): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value)} ${UNITS[unit]}`;
}

/** A text cut into pieces of `size` characters. */
export function grouped(text: string, size: number): string[] {
  return text.match(new RegExp(`.{1,${size}}`, "g")) ?? [];
}
