import { describe, expect, it } from "vitest";
import type { ModelUsage } from "#core/items/analysis.ts";
import { claim, commitAnalysis, processedItem, type RowPorts } from "./item-states.ts";
import { axis, newAnalysis, newEvent, newUser, processed } from "./new-rows.ts";

/** Tests that an implementation of `Stages` stores what each call of a model costs. */
export function billedUsageContract(get: () => RowPorts): void {
	describe("billed usage", () => {
		const call = (more: Partial<ModelUsage> = {}): ModelUsage => ({
			purpose: "vision",
			provider: "test",
			model: "test-1",
			inputTokens: 1_000,
			outputTokens: 20,
			costUsd: 0.0000125,
			...more,
		});

		it("is stored with the analysis, failed attempts first and the embedding last", async () => {
			const ports = get();
			const user = newUser();
			const item = await processedItem(ports, user);
			const failed = await claim(ports, item, "analyze");
			await ports.stages.release(failed.lease, [call({ inputTokens: 1 })]);
			const analyze = await claim(ports, item, "analyze");
			const analysis = {
				...newAnalysis(),
				usage: [call({ inputTokens: 2 }), call({ inputTokens: 3, purpose: "repair" })],
			};
			await commitAnalysis(ports, analyze.lease, item, analysis);
			const tokens = async () =>
				(await ports.analyses.find(user, analysis.id))?.usage.map(({ inputTokens }) => inputTokens);
			expect(await tokens()).toEqual([1, 2, 3]);
			const failedEmbed = await claim(ports, item, "embed");
			await ports.stages.release(failedEmbed.lease, [call({ inputTokens: 4, purpose: "embedding" })]);
			const embed = await claim(ports, item, "embed");
			const last = call({ inputTokens: 5, purpose: "embedding", costUsd: null });
			await ports.stages.commitEmbedded(
				embed.lease,
				{ analysisId: analysis.id, textRevision: 0, model: "test-model", vector: axis(0), usage: [last] },
				newEvent("ItemReady", item),
			);
			expect(await tokens()).toEqual([1, 2, 3, 4, 5]);
			const stored = await ports.analyses.find(user, analysis.id);
			expect(stored?.usage.at(0)).toEqual(call({ inputTokens: 1 }));
			expect(stored?.usage.at(-1)).toEqual(last);
			const listed = await ports.items.find(user, item.id);
			expect(listed?.latestAnalysis?.usage).toHaveLength(5);
		});

		it("of a failed item is stored with its next analysis, once", async () => {
			const ports = get();
			const user = newUser();
			const item = await processedItem(ports, user);
			const { lease } = await claim(ports, item, "analyze");
			await ports.stages.fail(lease, { code: "vision_refused", detail: "Refused." }, [call()]);
			await ports.items.restart(user, item.id);
			const process = await claim(ports, item, "process");
			await ports.stages.commitProcessed(process.lease, processed(), newEvent("ImageProcessed", item));
			const first = newAnalysis();
			await commitAnalysis(ports, (await claim(ports, item, "analyze")).lease, item, first);
			expect((await ports.analyses.find(user, first.id))?.usage).toEqual([call()]);
			await ports.stages.commitEmbedded(
				(await claim(ports, item, "embed")).lease,
				{ analysisId: first.id, textRevision: 0, model: "test-model", vector: axis(0), usage: [] },
				newEvent("ItemReady", item),
			);
			expect((await ports.analyses.find(user, first.id))?.usage).toEqual([call()]);
		});

		it("under a lost lease is not stored", async () => {
			const ports = get();
			const user = newUser();
			const item = await processedItem(ports, user);
			const late = await claim(ports, item, "analyze", 0);
			const next = await claim(ports, item, "analyze");
			await ports.stages.release(late.lease, [call()]);
			const analysis = newAnalysis();
			await commitAnalysis(ports, next.lease, item, analysis);
			expect((await ports.analyses.find(user, analysis.id))?.usage).toEqual([]);
		});
	});
}
