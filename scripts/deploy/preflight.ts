// make preflight: checks everything that a deployment needs, and changes nothing.

import { operate } from "../environment/target.ts";
import { preflight } from "./preflight-checks.ts";

await operate(preflight, { anyAccount: true });
