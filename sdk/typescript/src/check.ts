/** Whether what a server says has the form that the protocol gives it, so that everything behind may rely on the types. */

import { TYPES } from "./shapes.js";
import { micros } from "./time.js";

/**
 * A form: a kind of value, the name of one of {@link TYPES}, or what is made of others. Keys that it does not name are let be
 * one that may be missing may be null, too.
 */
export type Shape =
  | string
  | { readonly pattern: string }
  /** A whole number from here to 2^53 − 1. */
  | { readonly from: number }
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly maybe: Shape }
  | { readonly fields: Readonly<Record<string, Shape>>; readonly optional?: Readonly<Record<string, Shape>> };

/** Where a value does not have the form, such as `messages[3].id`; undefined where it has. */
export function misfit(value: unknown, shape: Shape, at = "result"): string | undefined {
  if (typeof shape === "string") {
    if (shape === "string" || shape === "boolean") return typeof value === shape ? undefined : at;
    if (shape === "true") return value === true ? undefined : at;
    const named = TYPES[shape];
    return named === undefined ? at : misfit(value, named, at);
  }
  if ("pattern" in shape) {
    if (typeof value !== "string" || !compiled(shape.pattern).test(value)) return at;
    // That it is a moment at all, no pattern can say; everything behind counts with it.
    return shape.pattern === TIMESTAMP && Number.isNaN(micros(value)) ? at : undefined;
  }
  if ("from" in shape) return Number.isSafeInteger(value) && (value as number) >= shape.from ? undefined : at;
  if ("maybe" in shape) return value === null ? undefined : misfit(value, shape.maybe, at);
  if ("list" in shape) {
    if (!Array.isArray(value)) return at;
    return first(value.entries(), (i, item) => misfit(item, shape.list, `${at}[${String(i)}]`));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return at;
  if ("map" in shape) return first(Object.entries(value), (key, item) => misfit(item, shape.map, `${at}.${key}`));
  const field = (key: string): unknown => (Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined);
  return (
    first(Object.entries(shape.fields), (key, inner) => misfit(field(key), inner, `${at}.${key}`)) ??
    first(Object.entries(shape.optional ?? {}), (key, inner) => {
      const given = field(key);
      return given === undefined || given === null ? undefined : misfit(given, inner, `${at}.${key}`);
    })
  );
}

/** The pattern of the wire's times. */
const TIMESTAMP = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}$";

function first<K, V>(entries: Iterable<[K, V]>, look: (key: K, value: V) => string | undefined): string | undefined {
  for (const [key, value] of entries) {
    const found = look(key, value);
    if (found !== undefined) return found;
  }
  return undefined;
}

const patterns = new Map<string, RegExp>();

function compiled(pattern: string): RegExp {
  const known = patterns.get(pattern) ?? new RegExp(pattern);
  patterns.set(pattern, known);
  return known;
}
