import type { Key } from "./keys.ts";
import { itemKeyOfObject, keyPrefix, objectPrefix, sessionSortKey } from "./keys.ts";
import type { PayloadStore } from "./payloads.ts";
import type { Sessions } from "./sessions.ts";

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
