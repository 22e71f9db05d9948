/** What the build puts into the code. */

/** The version of this package. */
declare const __VERSION__: string;
