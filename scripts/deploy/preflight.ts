// make preflight: everything a deployment needs, looked at without changing anything.

import { operate } from "../environment/target.ts";
import { preflight } from "./preflight-checks.ts";

await operate(preflight, { anyAccount: true });
