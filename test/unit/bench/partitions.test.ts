import { expect, it } from "vitest";
import type { VectorPartitions } from "#core/ports/index.ts";
import { sweepUntilPartitioned } from "../../bench/search/fill.ts";

/** One collection of 20,000 vectors; `buildSeconds` pass while its partitions are built. */
function collection({ vectors = 20_000, buildSeconds = 0, builds = true } = {}) {
	let now = 0;
	let builtFor: number | null = null;
	let unassigned = vectors;
	const vectorPartitions: VectorPartitions = {
		listLarge: async ({ minItems }) => (vectors >= minItems ? [{ userId: "ada", model: "m", vectors, builtFor }] : []),
		async rebuild() {
			now += buildSeconds * 1_000;
			if (builds) builtFor = vectors;
		},
		async assign(_userId, _model, limit) {
			const assigned = builtFor === null ? 0 : Math.min(limit, unassigned);
			unassigned -= assigned;
			return assigned;
		},
		async removeEmpty() {},
	};
	return {
		ports: { vectorPartitions, clock: { now: () => new Date(now) } },
		unassigned: () => unassigned,
	};
}

it("a bench assigns every vector, even if building the partitions takes longer than a sweep", async () => {
	const slow = collection({ buildSeconds: 60 });
	expect(await sweepUntilPartitioned(slow.ports)).toBe(1);
	expect(slow.unassigned()).toBe(0);
});

it("a bench fails where a large collection has no partitions", async () => {
	const never = collection({ builds: false });
	await expect(sweepUntilPartitioned(never.ports)).rejects.toThrow("1 of 1 large collections have no partitions");
});

it("a bench counts no collection that is too small to be partitioned", async () => {
	expect(await sweepUntilPartitioned(collection({ vectors: 4_000 }).ports)).toBe(0);
});
