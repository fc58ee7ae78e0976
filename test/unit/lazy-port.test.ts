import { expect, it } from "vitest";
import { lazyPort } from "#lambda-kit/lazy-port.ts";

interface Greeter {
	greet(name: string): Promise<string>;
	fail(): Promise<never>;
}

function greeter(loads: { count: number; failing?: boolean }): Greeter {
	return lazyPort<Greeter>(async () => {
		loads.count++;
		if (loads.failing) throw new Error("The module is unavailable.");
		return {
			greet: async (name) => `Hello ${name}`,
			fail: async () => {
				throw new Error("It fails.");
			},
		};
	});
}

it("loads a port once, at its first call", async () => {
	const loads = { count: 0 };
	const port = await Promise.resolve(greeter(loads));
	expect(loads.count).toBe(0);
	expect(await Promise.all([port.greet("Ada"), port.greet("Bob")])).toEqual(["Hello Ada", "Hello Bob"]);
	await expect(port.fail()).rejects.toThrow("It fails.");
	expect(loads.count).toBe(1);
});

it("retries a load that failed", async () => {
	const loads = { count: 0, failing: true };
	const port = greeter(loads);
	await expect(port.greet("Ada")).rejects.toThrow("The module is unavailable.");
	loads.failing = false;
	expect(await port.greet("Ada")).toBe("Hello Ada");
});
