/** Takes away what an earlier build made, so that nothing stays in the package that has no source any more. */

import { rmSync } from "node:fs";
import { join } from "node:path";

rmSync(join(import.meta.dirname, "../dist"), { recursive: true, force: true });
