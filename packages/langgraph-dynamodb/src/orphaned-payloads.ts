import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { itemKeyOfObject } from "./keys.ts";
import type { PayloadStore, StoredPayload } from "./payloads.ts";
import { Table } from "./table.ts";

export interface OrphansOptions {
	dynamodb: Pick<DynamoDBClient, "send">;
	table: string;
	payloads: PayloadStore;
	/** A payload is written before the item that refers to it: younger ones are left alone. @default 3600 */
	graceSeconds?: number;
	/** Milliseconds since 1970. @default Date.now */
	now?: () => number;
}

/**
 * Removes payloads that no item refers to: of checkpoints that were never written because the process died
 * before, and of items that have expired since. Safe at any time.
 * @returns how many objects were looked at, and how many removed
 */
export async function removeOrphanedPayloads({
	dynamodb,
	table,
	payloads,
	graceSeconds = 3_600,
	now = Date.now,
}: OrphansOptions): Promise<{ seen: number; removed: number }> {
	const items = new Table(dynamodb, table);
	const report = { seen: 0, removed: 0 };
	for await (const page of payloads.list("")) {
		report.seen += page.length;
		const old = page.filter(
			({ modified }) => modified.getTime() < now() - graceSeconds * 1_000,
		);
		const referred = await referencedObjects(items, old);
		// What is not named as we name it is not ours to remove.
		const orphans = old.filter(
			({ key }) => itemKeyOfObject(key) && !referred.has(key),
		);
		await payloads.delete(orphans);
		report.removed += orphans.length;
	}
	return report;
}

/** The objects that are still named by the items they were stored for. */
async function referencedObjects(
	table: Table,
	payloads: StoredPayload[],
): Promise<Set<string | undefined>> {
	const keys = new Map(
		payloads.flatMap(({ key }) => {
			const item = itemKeyOfObject(key);
			return item ? [[`${item.pk} ${item.sk}`, item]] : [];
		}),
	);
	const found = await table.batchGet([...keys.values()]);
	return new Set(found.map(({ object }) => object?.S));
}
