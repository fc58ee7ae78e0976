import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { type ArrangedPorts, claim, commitAnalysis, readyItem, statusOf } from "./item-states.ts";
import { axis, newAnalysis, newEvent, newUser, processed } from "./new-rows.ts";

/** Tests that an implementation of `Stages` replaces an item's analysis by a newer one. */
export function currentAnalysisContract(get: () => ArrangedPorts): void {
	describe("an analysis", () => {
		it("that becomes current deletes the embeddings of the older one", async () => {
			const ports = get();
			const user = newUser();
			const { item } = await readyItem(ports, user, { headline: "Old words" });
			await reanalyze(ports, item, "New words");
			expect(await ports.vectorIndex.status(user, "test-model")).toEqual({
				items: 1,
				embedded: 0,
				missing: 1,
				stale: 0,
				rebuilding: 0,
			});
			const find = (text: string) => ports.search.byText(user, { text }, { topK: 5 });
			expect(await find("old")).toEqual([]);
			expect(await find("new")).toMatchObject([{ headline: "New words" }]);
			const found = await ports.items.find(user, item.id);
			expect(found?.latestAnalysis?.version).toBe(2);
			const versions = await ports.analyses.listByItem(user, item.id);
			expect(versions?.map(({ version }) => version)).toEqual([2, 1]);
		});

		it("that is no longer current gets no embedding, and the item can be claimed for the current one", async () => {
			const ports = get();
			const user = newUser();
			const { item, analysis: old } = await readyItem(ports, user);
			const current = await reanalyze(ports, item, "Newer");
			const embed = async (analysisId: string) => {
				const { lease } = await claim(ports, item, "embed");
				return ports.stages.commitEmbedded(
					lease,
					{ analysisId, textRevision: 0, model: "test-model", vector: axis(1), usage: [] },
					newEvent("ItemReady", item),
				);
			};
			expect(await embed(old.id)).toBe(false);
			expect(await statusOf(ports, item)).toBe("analyzed");
			expect(await embed(current.id)).toBe(true);
			expect(await statusOf(ports, item)).toBe("ready");
		});

		/** Analyzes an item again: fails it by hand, restarts it and runs both stages. */
		async function reanalyze(ports: ArrangedPorts, item: Item, headline: string) {
			await ports.forceFailed(item);
			await ports.items.restart(item.userId, item.id);
			const process = await claim(ports, item, "process");
			expect(await ports.stages.commitProcessed(process.lease, processed(), newEvent("ImageProcessed", item))).toBe(
				true,
			);
			const { lease } = await claim(ports, item, "analyze");
			const analysis = newAnalysis({ headline }, 2);
			expect(await commitAnalysis(ports, lease, item, analysis)).toBe(true);
			return analysis;
		}
	});
}
