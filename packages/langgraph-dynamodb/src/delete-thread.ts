import {
	itemKeyOfObject,
	keyPrefix,
	objectPrefix,
	sessionSortKey,
} from "./keys.ts";
import type { PayloadStore } from "./payloads.ts";
import type { Sessions } from "./sessions.ts";
import { keyAttributes, keyOf } from "./table.ts";

/** Removes what the thread had, but not what it has if it has been begun anew meanwhile. */
export async function deleteThreadItems(
	sessions: Sessions,
	payloads: PayloadStore,
	threadId: string,
): Promise<void> {
	const { table } = sessions;
	const pk = sessions.partition(threadId);
	// Read after each page: what a new session has on it was written after the session itself.
	const isNew = async () => {
		const session = await sessions.get(threadId);
		const kept = session && keyPrefix(session.generation);
		return (sk: string) => kept !== undefined && sk.startsWith(kept);
	};
	for await (const page of payloads.list(objectPrefix(pk))) {
		const kept = await isNew();
		await payloads.delete(
			page.filter(({ key }) => !kept(itemKeyOfObject(key)?.sk ?? "")),
		);
	}
	for await (const page of table.query(
		pk,
		{ prefix: "" },
		{ keysOnly: true },
	)) {
		const kept = await isNew();
		const gone = page
			.map(keyOf)
			.filter(({ sk }) => sk !== sessionSortKey && !kept(sk));
		await table.batchWrite(
			gone.map((key) => ({ DeleteRequest: { Key: keyAttributes(key) } })),
		);
	}
}
