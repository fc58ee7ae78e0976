// Sessions and maintenance. Nothing here loads LangChain, so that listing or deleting sessions starts fast.
export { deleteCheckpoints, deleteThreadItems } from "./src/delete-thread.ts";
export {
	CheckpointIncomplete,
	ThreadGone,
	UnprocessedItems,
} from "./src/errors.ts";
export type { SessionItem } from "./src/items.ts";
export { type Key, keyPrefix } from "./src/keys.ts";
export {
	type OrphanedPayloadsOptions,
	removeOrphanedPayloads,
} from "./src/orphaned-payloads.ts";
export type { PayloadStore, StoredPayload } from "./src/payloads.ts";
export {
	countSessions,
	type Session,
	Sessions,
	type SessionsOptions,
	type ThreadRef,
} from "./src/sessions.ts";
export type { Expression, Table } from "./src/table.ts";
