import { withCrashPoint } from "#core/pipeline/crash-points.ts";
import type { Ports } from "#core/ports/index.ts";
import { runtimeEnv } from "./env.ts";

/** In environment `local` the variable CRASH_AT ends the process at a port call; `readEnv` refuses it elsewhere. */
export function crashable<P extends Partial<Ports>>(ports: P): P {
	return withCrashPoint(ports, runtimeEnv.crashAt, () => {
		process.kill(process.pid, "SIGKILL");
		throw new Error("unreachable: the process was killed");
	});
}
