import { beforeEach, describe, expect, it } from "vitest";
import { withCrashPoint } from "#core/pipeline/crash-points.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";

class Crash extends Error {}
const crash = () => {
	throw new Crash();
};
const bytes = new Uint8Array([1]);

let ports: FakePorts;
beforeEach(() => {
	ports = fakePorts();
});

describe("a crash point", () => {
	it("before a call ends the process without the call's effect", async () => {
		const { objects } = withCrashPoint(ports, "before:objects.put", crash);
		await expect(objects.put("a", bytes, "x/y")).rejects.toThrow(Crash);
		expect(await ports.objects.exists("a")).toBe(false);
	});

	it("after a call ends the process with its effect", async () => {
		const { objects } = withCrashPoint(ports, "after:objects.put", crash);
		await expect(objects.put("a", bytes, "x/y")).rejects.toThrow(Crash);
		expect(await ports.objects.exists("a")).toBe(true);
	});

	it("of the nth call does not affect earlier calls or other ports", async () => {
		const { objects } = withCrashPoint(ports, "before:objects.put#2", crash);
		await objects.put("a", bytes, "x/y");
		expect(await objects.get("a")).toEqual(bytes);
		await expect(objects.put("b", bytes, "x/y")).rejects.toThrow(Crash);
		expect(await ports.objects.exists("b")).toBe(false);
	});

	it.each(["before:objects.putt", "objects.put", "before:nothing.at-all", "after:objects.put#0"])(
		"%s is refused, since it names no call",
		(point) => {
			expect(() => withCrashPoint(ports, point, crash)).toThrow(point);
		},
	);

	it("that is not set changes nothing", () => {
		expect(withCrashPoint(ports, undefined, crash)).toBe(ports);
	});
});
