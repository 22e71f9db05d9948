/** A DM's details: the third column, or a screen of its own on a phone. */

export { DmDetails } from "./DmDetails";
