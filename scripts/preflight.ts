// make preflight: everything a deployment needs, looked at without changing anything.
import { preflight } from "./operate/preflight.ts";
import { operate } from "./operate/target.ts";

await operate(preflight, { anyAccount: true });
