import type { Key } from "./keys.ts";

/** The item of a session, with whatever attributes the application adds. */
export interface SessionItem extends Key {
	session_id: string;
	generation: string;
	/** ISO 8601, as `last_activity`. */
	created_at: string;
	last_activity: string;
	/** Seconds since 1970: the table's TTL attribute. */
	expires_at: number;
	gsi1pk: string;
	gsi1sk: string;
	[attribute: string]: unknown;
}

/** An item with a serialized value, in `body` or in the object that `object` names. */
export interface PayloadItem extends Key {
	expires_at: number;
	/** The serializer's type of the value. */
	type: string;
	encoding: "gzip" | "identity";
	body?: Uint8Array;
	object?: string;
}

export interface CheckpointItem extends PayloadItem {
	checkpoint_ns: string;
	checkpoint_id: string;
	parent_id?: string;
	/** By channel. */
	values: Record<string, { version: string | number; writer: string; expires_at: number }>;
}

export interface PendingWritesItem extends PayloadItem {
	task_id: string;
}

/** Returns whether an item has not expired: DynamoDB removes it up to days after the second in `expires_at`. */
export const isUnexpired = (item: { expires_at: number }, now: number) => item.expires_at > Math.floor(now / 1_000);

/** Returns an item's bytes towards DynamoDB's limit of 400 KB: names in UTF-8, values, and for a map three bytes and one per member. */
export function itemSize(item: object): number {
	return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);
}

/** Sizes the types that this package writes: text, numbers, bytes and maps. */
function valueSize(value: unknown): number {
	if (value instanceof Uint8Array) return value.length;
	if (typeof value === "object" && value !== null) {
		return 3 + Object.keys(value).length + itemSize(value);
	}
	// DynamoDB stores two digits per byte and one byte more, so a number's text and one byte are an upper bound.
	const bytes = Buffer.byteLength(String(value));
	return typeof value === "number" ? bytes + 1 : bytes;
}
