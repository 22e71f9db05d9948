/** A new chat or group, and what holds for its name. */

export { NewDmScreen } from "./NewDmScreen";
export { nameProblem, sealedName } from "./selection";
