import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { maxAttempts } from "#core/ports/index.ts";
import { claim, commitAnalysis, processedItem, type RowPorts, readyItem } from "./item-states.ts";
import { newAnalysis, newUser } from "./new-rows.ts";

const outage = { wasAsked: true, seconds: 30 };

/** Tests how an implementation of `Stages` puts off work while a provider fails. */
export function outagesContract(get: () => RowPorts): void {
	const again = { idleSeconds: 0, againSeconds: 60, limit: 10_000 };

	describe("work that an outage stops", () => {
		it("has every attempt left, however often it comes again, and keeps what was billed", async () => {
			const ports = get();
			const user = newUser();
			const item = await processedItem(ports, user);
			const tokens = { inputTokens: 7, outputTokens: 1, costUsd: 0 };
			const billed = { purpose: "vision" as const, provider: "p", model: "m", ...tokens };
			for (let time = 0; time <= maxAttempts; time++) {
				const { lease, attempt } = await claim(ports, item, "analyze");
				expect(attempt).toBe(1);
				const deferral = await ports.stages.putOff(lease, outage, time === 0 ? [billed] : []);
				expect(deferral).toMatchObject({ reason: "outage", seconds: 30 });
				expect(deferral?.waitedSeconds).toBeGreaterThan(0);
			}
			const analysis = newAnalysis();
			expect(await commitAnalysis(ports, (await claim(ports, item, "analyze")).lease, item, analysis)).toBe(true);
			expect((await ports.analyses.find(user, analysis.id))?.usage).toEqual([billed, ...analysis.usage]);
		});

		it("is not restarted by the sweeper meanwhile, and nobody yields to it", async () => {
			const ports = get();
			const user = newUser();
			const item = await processedItem(ports, user);
			await ports.stages.putOff((await claim(ports, item, "analyze")).lease, outage);
			const stalled = await ports.stages.claimStalled(again);
			expect(stalled.filter(({ item: { id } }) => id === item.id)).toEqual([]);
			const other = await processedItem(ports, newUser());
			const fairness = { fairShare: 1, grouped: true };
			const { outcome } = await ports.stages.claim(other.userId, other.id, "analyze", 60, fairness);
			expect(outcome).toBe("claimed");
		});

		it("may be a request, which stays pending with every attempt", async () => {
			const ports = get();
			const { item } = await readyItem(ports, newUser());
			const { userId, id: itemId } = item;
			const id = randomUUID();
			await ports.requests.create({ id, itemId, userId, kind: "analyze", provider: "p", model: null });
			for (let time = 0; time <= maxAttempts; time++) {
				const claimed = await ports.stages.claimRequest(userId, itemId, id, 60);
				if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
				expect(claimed.attempt).toBe(1);
				expect(await ports.stages.putOff(claimed.lease, outage)).toMatchObject({ reason: "outage" });
			}
			expect((await ports.requests.find(userId, itemId, id))?.status).toBe("pending");
			const stalled = await ports.requests.claimStalled({ ...again, maxPerRebuild: 1 });
			expect(stalled.filter(({ request }) => request.id === id)).toEqual([]);
		});

		it("is another holder's where the lease was lost", async () => {
			const ports = get();
			const item = await processedItem(ports, newUser());
			const { lease: late } = await claim(ports, item, "analyze", 0);
			await claim(ports, item, "analyze");
			expect(await ports.stages.putOff(late, outage)).toBeNull();
			expect((await ports.stages.claim(item.userId, item.id, "analyze", 60)).outcome).toBe("busy");
		});
	});
}
