/** The SDK for a page to play with. */

import * as sotto from "../src/index.js";

Object.assign(globalThis, { sotto });
