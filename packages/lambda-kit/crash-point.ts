import { withCrashPoint } from "#core/pipeline/crash-points.ts";
import type { Ports } from "#core/ports/index.ts";
import { runtimeEnv } from "./env.ts";

/** Ends the process at the port call that the variable CRASH_AT names in environment `local`; `readEnv` refuses it elsewhere. */
export function withCrashVariable<P extends Partial<Ports>>(ports: P): P {
	return withCrashPoint(ports, runtimeEnv.crashAt, () => {
		process.kill(process.pid, "SIGKILL");
		throw new Error("unreachable: the process was killed");
	});
}
