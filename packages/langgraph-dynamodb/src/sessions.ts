import { randomBytes } from "node:crypto";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { isUnexpired, type SessionItem } from "./items.ts";
import { type Key, ownerPartition, sessionSortKey, threadPartition } from "./keys.ts";
import { Table } from "./table.ts";

export interface SessionsOptions {
	/** Must have the default conversion of numbers, which returns them as numbers. */
	dynamodb: Pick<DynamoDBDocumentClient, "send">;
	/** Name of the table; README.md has its definition. */
	table: string;
	/** The owner of the threads: those of other owners are out of reach. */
	owner: string;
	/** A thread's lifetime after its last use. @default 14400, four hours */
	ttlSeconds?: number;
	/** Milliseconds since 1970. @default Date.now */
	now?: () => number;
}

/** Identifies a thread among all threads that have had its id. */
export interface ThreadRef {
	threadId: string;
	/** Random for each creation of the thread; its items' sort keys begin with it: `keyPrefix(generation, ...)`. */
	generation: string;
}

/** One conversation, stored as one small item. */
export interface Session extends ThreadRef {
	createdAt: Date;
	lastActivity: Date;
	/** The session does not exist from this moment on, although its item may. */
	expiresAt: Date;
	/** The whole item, with the application's own attributes. */
	attributes: SessionItem;
}

const defaultTtlSeconds = 4 * 60 * 60;

/** The sessions of one owner. A thread exists as long as its session does. */
export class Sessions {
	readonly table: Table;
	readonly ttlSeconds: number;
	readonly #owner: string;
	readonly #now: () => number;

	constructor(options: SessionsOptions) {
		if (options.owner === "") {
			throw new Error("The owner of sessions is empty: everybody would share them. Pass the id of a user.");
		}
		this.table = new Table(options.dynamodb, options.table);
		this.ttlSeconds = options.ttlSeconds ?? defaultTtlSeconds;
		this.#owner = options.owner;
		this.#now = options.now ?? Date.now;
	}

	/** The partition of all items of a thread. */
	partition(threadId: string): string {
		return threadPartition(this.#owner, threadId);
	}

	/** @returns undefined if there is no session, or it has expired */
	async get(threadId: string): Promise<Session | undefined> {
		const item = await this.table.get<SessionItem>(this.#key(threadId));
		return item && this.#unexpired(item);
	}

	/** Lists by last activity, the latest first. The index may be a moment behind `get`. */
	async *list(pageSize?: number): AsyncGenerator<Session> {
		for await (const session of this.listStored(pageSize)) {
			if (this.#unexpired(session.attributes)) yield session;
		}
	}

	/** Lists like `list`, and also the sessions that have expired and that DynamoDB has not removed yet. */
	async *listStored(pageSize?: number): AsyncGenerator<Session> {
		const pages = this.table.queryIndex<SessionItem>(ownerPartition(this.#owner), pageSize);
		for await (const page of pages) yield* page.map(toSession);
	}

	/** Extends the thread's life by `ttlSeconds`. @returns undefined if the thread, or this generation of it, is gone */
	async refresh(threadId: string, generation?: string): Promise<Session | undefined> {
		const { second, activity } = this.#timestamps();
		const item = await this.table.update<SessionItem>(
			this.#key(threadId),
			{
				text: "set #last = :last, #order = :last, #expires = :expires",
				names: { "#last": "last_activity", "#order": "gsi1sk", "#expires": "expires_at" },
				values: { ":last": activity.last_activity, ":expires": activity.expires_at },
			},
			{
				text: `#expires > :now${generation ? " and #generation = :generation" : ""}`,
				...(generation && { names: { "#generation": "generation" } }),
				values: { ":now": second, ...(generation && { ":generation": generation }) },
			},
		);
		return item && toSession(item);
	}

	/**
	 * Creates an empty thread.
	 * @param attributes the application's own attributes of the item
	 * @returns undefined if the thread exists
	 */
	async create(threadId: string, attributes: Record<string, unknown> = {}): Promise<Session | undefined> {
		const { second, activity } = this.#timestamps();
		const item: SessionItem = {
			...attributes,
			...this.#key(threadId),
			...activity,
			created_at: activity.last_activity,
			session_id: threadId,
			generation: randomBytes(9).toString("base64url"),
			gsi1pk: ownerPartition(this.#owner),
			gsi1sk: activity.last_activity,
		};
		const isCreated = await this.table.put(item, {
			text: "attribute_not_exists(#pk) or #expires <= :now",
			names: { "#pk": "pk", "#expires": "expires_at" },
			values: { ":now": second },
		});
		return isCreated ? toSession(item) : undefined;
	}

	/** Ends the thread at once; `deleteThreadItems` then removes its items. */
	async delete(threadId: string): Promise<void> {
		await this.table.delete(this.#key(threadId));
	}

	#key(threadId: string): Key {
		return { pk: this.partition(threadId), sk: sessionSortKey };
	}

	#timestamps() {
		const now = this.#now();
		const second = Math.floor(now / 1_000);
		return { second, activity: { last_activity: new Date(now).toISOString(), expires_at: second + this.ttlSeconds } };
	}

	#unexpired(item: SessionItem): Session | undefined {
		return isUnexpired(item, this.#now()) ? toSession(item) : undefined;
	}
}

const toSession = (item: SessionItem): Session => ({
	threadId: item.session_id,
	generation: item.generation,
	createdAt: new Date(item.created_at),
	lastActivity: new Date(item.last_activity),
	expiresAt: new Date(item.expires_at * 1_000),
	attributes: item,
});

/** Counts the sessions of all owners in the index. Expired ones are those that DynamoDB has not removed yet. */
export async function countSessions({
	dynamodb,
	table,
	now = Date.now,
}: Pick<SessionsOptions, "dynamodb" | "table" | "now">): Promise<{ active: number; expired: number }> {
	const count = { active: 0, expired: 0 };
	const pages = new Table(dynamodb, table).scanIndex<"expires_at", number>("expires_at");
	for await (const page of pages) {
		for (const item of page) {
			count[isUnexpired(item, now()) ? "active" : "expired"] += 1;
		}
	}
	return count;
}
