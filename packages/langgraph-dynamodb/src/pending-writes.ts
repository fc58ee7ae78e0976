import { type CheckpointPendingWrite, type PendingWrite, WRITES_IDX_MAP } from "@langchain/langgraph-checkpoint";
import type { CheckpointLocation } from "./checkpoints.ts";
import type { PendingWritesItem } from "./items.ts";
import { keyPrefix, pendingWritesSortKey } from "./keys.ts";
import type { Payloads } from "./payloads.ts";
import type { Table } from "./table.ts";

/** A write with its position in the task's list. */
type IndexedWrite = [index: number, channel: string, value: unknown];

/** The group of ordinary writes. Each special write (an error, an interrupt ...) is a group of its own. */
const ordinaryGroup = "writes";

/**
 * Stores a task's writes. Its ordinary writes are one item: LangGraph considers a task with some of its writes done, so
 * no reader may see half of them. The first ordinary writes of a task win, as with every saver of LangGraph; special
 * writes are replaced.
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
		const write: IndexedWrite = [special ?? position, channel, value];
		groups.set(group, [...(special === undefined ? (groups.get(group) ?? []) : []), write]);
	});
	const toItem = ([group, indexed]: [string, IndexedWrite[]]) =>
		payloads.toItem({ pk, sk: pendingWritesSortKey(generation, ns, id, taskId, group) }, indexed, {
			task_id: taskId,
			expires_at: expiresAt,
		});
	const specialItems = await Promise.all([...groups].filter(([group]) => group !== ordinaryGroup).map(toItem));
	const ordinary = groups.get(ordinaryGroup);
	// Ordinary writes come first: a run that resumed an interrupt without them would repeat them.
	if (ordinary) {
		await table.put(await toItem([ordinaryGroup, ordinary]), {
			text: "attribute_not_exists(#pk)",
			names: { "#pk": "pk" },
		});
	}
	const [first, ...others] = specialItems;
	if (first && others.length === 0) await table.put(first);
	else if (first) {
		await table.transactWrite(specialItems.map((Item) => ({ Put: { TableName: table.name, Item } })));
	}
}

/** Reads a checkpoint's writes by task, in the order in which each task made them. */
export async function loadPendingWrites(
	table: Table,
	payloads: Payloads,
	{ pk, generation, ns, id }: CheckpointLocation,
): Promise<{ writes: CheckpointPendingWrite[]; items: PendingWritesItem[] }> {
	const items: PendingWritesItem[] = [];
	const prefix = keyPrefix(generation, "write", ns, id);
	for await (const page of table.query<PendingWritesItem>(pk, { prefix })) {
		items.push(...page);
	}
	const loaded = await Promise.all(
		items.map(async (item) => {
			const indexed = (await payloads.fromItem(item)) as IndexedWrite[];
			const taskId = item.task_id;
			return indexed.map(([index, channel, value]) => ({
				taskId,
				index,
				write: [taskId, channel, value] as CheckpointPendingWrite,
			}));
		}),
	);
	const ordered = loaded
		.flat()
		.sort((a, b) => (a.taskId === b.taskId ? a.index - b.index : a.taskId < b.taskId ? -1 : 1));
	return { writes: ordered.map(({ write }) => write), items };
}
