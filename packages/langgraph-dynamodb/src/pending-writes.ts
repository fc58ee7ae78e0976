import {
	type CheckpointPendingWrite,
	type PendingWrite,
	WRITES_IDX_MAP,
} from "@langchain/langgraph-checkpoint";
import type { CheckpointLocation } from "./checkpoints.ts";
import { keyPrefix, pendingWritesSortKey } from "./keys.ts";
import type { Payloads } from "./payloads.ts";
import type { Attributes, Table } from "./table.ts";

/** What one item holds: its position in the task's list, the channel, the value. */
type IndexedWrite = [index: number, channel: string, value: unknown];

/** The group of ordinary writes; each special one (an error, an interrupt ...) is a group of its own. */
const ordinaryGroup = "writes";

/**
 * Stores a task's writes. Its ordinary writes are one item: LangGraph takes a task with some of its writes for
 * done, so half of them must never be seen. The first to store a task's ordinary writes wins, as with every
 * saver of LangGraph; special ones are replaced.
 */
export async function putPendingWrites(
	table: Table,
	payloads: Payloads,
	{ pk, generation, ns, id }: CheckpointLocation,
	taskId: string,
	writes: PendingWrite[],
	expiresAt: number,
): Promise<void> {
	const groups = new Map<string, IndexedWrite[]>();
	writes.forEach(([channel, value], position) => {
		const special = WRITES_IDX_MAP[channel];
		const group = special === undefined ? ordinaryGroup : `${special}`;
		const one: IndexedWrite = [special ?? position, channel, value];
		groups.set(group, [
			...(special === undefined ? (groups.get(group) ?? []) : []),
			one,
		]);
	});
	const itemOf = ([group, held]: [string, IndexedWrite[]]) =>
		payloads.toItem(
			{ pk, sk: pendingWritesSortKey(generation, ns, id, taskId, group) },
			held,
			{ task_id: { S: taskId }, expires_at: { N: `${expiresAt}` } },
		);
	const all = [...groups];
	const specials = await Promise.all(
		all.filter(([group]) => group !== ordinaryGroup).map(itemOf),
	);
	const held = groups.get(ordinaryGroup);
	// Before the special ones: an interrupt without the writes before it would repeat them.
	if (held) {
		await table.put(await itemOf([ordinaryGroup, held]), {
			text: "attribute_not_exists(#pk)",
			names: { "#pk": "pk" },
		});
	}
	const [only] = specials;
	if (only && specials.length === 1) await table.put(only);
	else if (specials.length > 1) {
		await table.transactWrite(
			specials.map((Item) => ({ Put: { TableName: table.name, Item } })),
		);
	}
}

/** A checkpoint's writes by task, in the order in which each task made them. */
export async function loadPendingWrites(
	table: Table,
	payloads: Payloads,
	{ pk, generation, ns, id }: CheckpointLocation,
): Promise<{ writes: CheckpointPendingWrite[]; items: Attributes[] }> {
	const items: Attributes[] = [];
	const prefix = keyPrefix(generation, "write", ns, id);
	for await (const page of table.query(pk, { prefix })) items.push(...page);
	const loaded = await Promise.all(
		items.map(async (item) => {
			const held = (await payloads.value(item)) as IndexedWrite[];
			const taskId = item.task_id?.S ?? "";
			return held.map(([index, channel, value]) => ({
				taskId,
				index,
				write: [taskId, channel, value] as CheckpointPendingWrite,
			}));
		}),
	);
	const ordered = loaded
		.flat()
		.sort((a, b) =>
			a.taskId === b.taskId ? a.index - b.index : a.taskId < b.taskId ? -1 : 1,
		);
	return { writes: ordered.map(({ write }) => write), items };
}
