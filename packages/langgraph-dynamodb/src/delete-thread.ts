import type { Key } from "./keys.ts";
import { checkpointKinds, itemKeyOfObject, keyPrefix, objectPrefix, sessionSortKey } from "./keys.ts";
import type { PayloadStore } from "./payloads.ts";
import type { Sessions, ThreadRef } from "./sessions.ts";

/**
 * Removes every state of a thread with its payloads: its next run begins anew. The session stays, and so do the
 * application's own items. No run may be under way.
 */
export async function deleteCheckpoints(
	sessions: Sessions,
	payloads: PayloadStore,
	{ threadId, generation }: ThreadRef,
): Promise<void> {
	const { table } = sessions;
	const pk = sessions.partition(threadId);
	const prefixes = checkpointKinds.map((kind) => keyPrefix(generation, kind));
	const keys: Key[] = [];
	for (const prefix of prefixes) {
		for await (const page of table.query<Key>(pk, { prefix }, { keysOnly: true })) keys.push(...page);
	}
	if (keys.length === 0) return;
	const isOfCheckpoint = (sk = "") => prefixes.some((prefix) => sk.startsWith(prefix));
	for await (const page of payloads.list(objectPrefix(pk))) {
		await payloads.delete(page.filter(({ key }) => isOfCheckpoint(itemKeyOfObject(key)?.sk)));
	}
	await table.deleteMany(keys);
}

/** Removes the items and payloads of a deleted thread, except those of a session that was created again since. */
export async function deleteThreadItems(sessions: Sessions, payloads: PayloadStore, threadId: string): Promise<void> {
	const { table } = sessions;
	const pk = sessions.partition(threadId);
	// Reads the session after each page: a new session's item is written before all others of its generation.
	const currentGenerationTest = async () => {
		const session = await sessions.get(threadId);
		const prefix = session && keyPrefix(session.generation);
		return (sk: string) => prefix !== undefined && sk.startsWith(prefix);
	};
	for await (const page of payloads.list(objectPrefix(pk))) {
		const isCurrent = await currentGenerationTest();
		await payloads.delete(page.filter(({ key }) => !isCurrent(itemKeyOfObject(key)?.sk ?? "")));
	}
	for await (const page of table.query<Key>(pk, { prefix: "" }, { keysOnly: true })) {
		const isCurrent = await currentGenerationTest();
		await table.deleteMany(page.filter(({ sk }) => sk !== sessionSortKey && !isCurrent(sk)));
	}
}
