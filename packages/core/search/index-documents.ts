import type { Ports } from "../ports/index.ts";

const batchSize = 200;

/** Indexes the documents of an earlier version of the code anew, as far as the deadline allows; a later call goes on. */
export async function indexDocuments(
	{ searchIndex, clock }: Pick<Ports, "searchIndex" | "clock">,
	{ deadline }: { deadline: Date },
): Promise<{ indexed: number }> {
	let indexed = 0;
	let batch = batchSize;
	while (batch === batchSize && clock.now() < deadline) {
		batch = await searchIndex.indexOutdated(batchSize);
		indexed += batch;
	}
	return { indexed };
}
