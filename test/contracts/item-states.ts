import { setImmediate } from "node:timers/promises";
import type { Item } from "#core/items/item.ts";
import type { StageName } from "#core/pipeline/stages.ts";
import type { Claim, Lease, NewAnalysis, NewItem, Ports, ProcessedImage } from "#core/ports/index.ts";
import type { PostgresPorts } from "#postgres/ports.ts";
import { axis, newAnalysis, newEvent, newItem, processed, type Words } from "./new-rows.ts";

/** The ports that the contracts test. */
export type RowPorts = Omit<PostgresPorts, "vectorPartitions" | "health">;

/** The ports, and a change that no port can make. */
export interface ArrangedPorts extends RowPorts {
	/** Fails an item that no stage holds. */
	forceFailed(item: Item): Promise<void>;
}

/** Claims an item; throws if it is not granted. */
export async function claim(
	{ stages }: Pick<Ports, "stages">,
	{ userId, id }: Pick<Item, "userId" | "id">,
	stage: StageName,
	leaseSeconds = 60,
): Promise<Claim & { outcome: "claimed" }> {
	const claimed = await stages.claim(userId, id, stage, leaseSeconds);
	if (claimed.outcome !== "claimed") {
		throw new Error(`The claim of ${stage} was answered with ${claimed.outcome}.`);
	}
	return claimed;
}

/** Waits for the next millisecond: items created in one are not listed in the order of their creation. */
async function nextMillisecond(): Promise<void> {
	const now = Date.now();
	while (Date.now() === now) await setImmediate();
}

export async function uploaded(ports: RowPorts, userId: string, more: Partial<NewItem> = {}): Promise<Item> {
	await nextMillisecond();
	const { item } = await ports.items.create(newItem(userId, more));
	const stored = await ports.items.markUploaded(userId, item.id);
	if (!stored) throw new Error("The uploaded item is gone.");
	return stored;
}

export async function processedItem(
	ports: RowPorts,
	userId: string,
	more: Partial<NewItem> = {},
	image: Partial<ProcessedImage> = {},
): Promise<Item> {
	const item = await uploaded(ports, userId, more);
	const { lease } = await claim(ports, item, "process");
	await ports.stages.commitProcessed(lease, processed(image), newEvent("ImageProcessed", item));
	return item;
}

export function commitAnalysis(ports: RowPorts, lease: Lease, item: Item, analysis: NewAnalysis): Promise<boolean> {
	return ports.stages.commitAnalyzed(lease, analysis, newEvent("AnalysisComplete", item));
}

export async function analyzedItem(
	ports: RowPorts,
	userId: string,
	words: Words = {},
	image: Partial<ProcessedImage> = {},
): Promise<{ item: Item; analysis: NewAnalysis }> {
	const item = await processedItem(ports, userId, {}, image);
	const { lease } = await claim(ports, item, "analyze");
	const analysis = newAnalysis(words);
	if (!(await commitAnalysis(ports, lease, item, analysis))) {
		throw new Error("The analysis was not committed.");
	}
	return { item, analysis };
}

export async function readyItem(
	ports: RowPorts,
	userId: string,
	words: Words = {},
	vector = axis(0),
	model = "test-model",
	image: Partial<ProcessedImage> = {},
): Promise<{ item: Item; analysis: NewAnalysis }> {
	const { item, analysis } = await analyzedItem(ports, userId, words, image);
	const { lease } = await claim(ports, item, "embed");
	const committed = await ports.stages.commitEmbedded(
		lease,
		{ analysisId: analysis.id, textRevision: 0, model, vector, usage: [] },
		newEvent("ItemReady", item),
	);
	if (!committed) throw new Error("The embedding was not committed.");
	return { item, analysis };
}

export async function statusOf({ items }: Pick<Ports, "items">, { userId, id }: Pick<Item, "userId" | "id">) {
	return (await items.find(userId, id))?.item.status ?? null;
}

/** Returns the headlines of found items, in their order. */
export const headlines = <Headline>(found: readonly { headline: Headline }[]): Headline[] =>
	found.map(({ headline }) => headline);
