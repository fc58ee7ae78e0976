import type { Ports } from "../ports/index.ts";

/**
 * Wraps ports so that the process ends right before or right after one call, or the nth of them:
 * `before:stages.commitProcessed`, `after:objects.put#2`. Tests prove with it that a crash anywhere neither loses nor
 * repeats anything.
 *
 * @throws where the point names no call of these ports
 */
export function withCrashPoint<P extends Partial<Ports>>(ports: P, point: string | undefined, crash: () => never): P {
	if (!point) return ports;
	const [, when, portName, method, nth = "1"] = /^(before|after):(\w+)\.(\w+)(?:#([1-9]\d*))?$/.exec(point) ?? [];
	const port = ports[portName as keyof P] as Record<string, unknown>;
	const call = method && port?.[method];
	if (typeof call !== "function") {
		throw new Error(
			`CRASH_AT is ${point}, which names no call here: use before:PORT.CALL, after:PORT.CALL, or after:PORT.CALL#2 for the second.`,
		);
	}
	let calls = 0;
	const wrapped = new Proxy(port, {
		get(target, name) {
			if (name !== method) return Reflect.get(target, name);
			return async (...args: unknown[]) => {
				calls += 1;
				if (calls !== Number(nth)) return call.apply(target, args);
				if (when === "before") crash();
				await call.apply(target, args);
				crash();
			};
		},
	});
	return { ...ports, [portName as string]: wrapped };
}
