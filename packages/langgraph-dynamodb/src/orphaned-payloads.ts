import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { PayloadItem } from "./items.ts";
import { itemKeyOfObject } from "./keys.ts";
import type { PayloadStore, StoredPayload } from "./payloads.ts";
import { Table } from "./table.ts";

export interface OrphanedPayloadsOptions {
	dynamodb: Pick<DynamoDBDocumentClient, "send">;
	table: string;
	payloads: PayloadStore;
	/** Younger payloads stay: a payload is written before the item that refers to it. @default 3600 */
	graceSeconds?: number;
	/** Milliseconds since 1970. @default Date.now */
	now?: () => number;
}

/**
 * Removes payloads that no item refers to: those whose process died before it wrote the checkpoint, and those whose
 * items have expired since. Safe at any time.
 * @returns how many objects were seen, and how many removed
 */
export async function removeOrphanedPayloads({
	dynamodb,
	table,
	payloads,
	graceSeconds = 3_600,
	now = Date.now,
}: OrphanedPayloadsOptions): Promise<{ seen: number; removed: number }> {
	const items = new Table(dynamodb, table);
	const report = { seen: 0, removed: 0 };
	for await (const page of payloads.list("")) {
		report.seen += page.length;
		const old = page.filter(({ modified }) => modified.getTime() < now() - graceSeconds * 1_000);
		const referenced = await referencedObjects(items, old);
		// Skips objects whose keys this package did not make.
		const orphans = old.filter(({ key }) => itemKeyOfObject(key) && !referenced.has(key));
		await payloads.delete(orphans);
		report.removed += orphans.length;
	}
	return report;
}

/** The objects to which the items that they were stored for still refer. */
async function referencedObjects(table: Table, payloads: StoredPayload[]): Promise<Set<string | undefined>> {
	const keys = new Map(
		payloads.flatMap(({ key }) => {
			const itemKey = itemKeyOfObject(key);
			return itemKey ? [[`${itemKey.pk} ${itemKey.sk}`, itemKey]] : [];
		}),
	);
	const items = await table.getMany<PayloadItem>([...keys.values()]);
	return new Set(items.map(({ object }) => object));
}
