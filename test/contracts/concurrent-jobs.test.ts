import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { postgresPorts } from "#postgres/ports.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { newUser } from "./new-rows.ts";

const { jobs } = postgresPorts((await migratedDatabase()).connect(8));

describe(`concurrent claims of jobs on ${contractDatabase.title}`, () => {
	it("give each person one slice at a time, and fail for none", async () => {
		const users = [newUser(), newUser(), newUser()];
		for (const userId of users) {
			for (let count = 0; count < 5; count++) {
				await jobs.create({ id: randomUUID(), userId, kind: "batch", input: {}, itemIds: [] }, { maxOpen: 20 });
			}
		}
		const served = new Set<string>();
		let slices = 0;
		async function work(rounds: number): Promise<void> {
			for (let round = 0; round < rounds; round++) {
				const claimed = await jobs.claim(60);
				if (!claimed) continue;
				const { userId } = claimed.job;
				expect(served).not.toContain(userId);
				served.add(userId);
				slices += 1;
				await new Promise((resolve) => setTimeout(resolve, 1));
				served.delete(userId);
				await jobs.release(claimed.lease, { seconds: 0, isFailure: false });
			}
		}
		await Promise.all(Array.from({ length: 6 }, () => work(50)));
		expect(slices).toBeGreaterThan(50);
	});
});
