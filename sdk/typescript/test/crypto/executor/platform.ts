/** The platform of the tests: the one that browsers and servers get. */

import { webPlatform } from "../../../src/platform/web.js";

export const platform = webPlatform();
