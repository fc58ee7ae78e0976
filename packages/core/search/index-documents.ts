import type { Ports } from "../ports/index.ts";

const batchSize = 200;

/**
 * Writes the documents anew that a change of many items has left behind, and indexes those of an earlier version of the code,
 * as far as the deadline allows; a later call goes on.
 */
export async function indexDocuments(
	{ searchIndex, clock }: Pick<Ports, "searchIndex" | "clock">,
	{ deadline }: { deadline: Date },
): Promise<{ rewritten: number; indexed: number }> {
	const inBatches = async (write: () => Promise<number>) => {
		let count = 0;
		let batch = batchSize;
		while (batch === batchSize && clock.now() < deadline) {
			batch = await write();
			count += batch;
		}
		return count;
	};
	return {
		rewritten: await inBatches(() => searchIndex.rewriteOutdated(batchSize)),
		indexed: await inBatches(() => searchIndex.indexOutdated(batchSize)),
	};
}
