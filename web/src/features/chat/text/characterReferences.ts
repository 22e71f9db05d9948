/**
 * Stands in for the Markdown parser's decoder of names such as `&amp;`, whose version for browsers parses HTML, which Trusted Types
 * refuse. In
 * messages such names stay as they were typed.
 */

/** Knows no name. */
export function decodeNamedCharacterReference(): false {
  return false;
}
