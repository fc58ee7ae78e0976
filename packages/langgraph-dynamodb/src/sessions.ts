import { randomBytes } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ownerPartition, sessionSortKey, threadPartition } from "./keys.ts";
import {
	type Attributes,
	type Expression,
	keyAttributes,
	numberOf,
	Table,
} from "./table.ts";

export interface SessionsOptions {
	/** As made by the application: this package reads no environment. */
	dynamodb: Pick<DynamoDBClient, "send">;
	/** Name of the table; its keys are in README.md. */
	table: string;
	/** Whose threads these are. Those of others cannot be reached. */
	owner: string;
	/** How long a thread lives after it was last used. @default 14400, four hours */
	ttlSeconds?: number;
	/** Milliseconds since 1970. @default Date.now */
	now?: () => number;
}

/** A thread in one of its lives. */
export interface ThreadRef {
	threadId: string;
	/** Its items' sort keys begin with this: `keys.under(generation, ...)`. Another one each time a thread begins. */
	generation: string;
}

/** One conversation, by its single small item. */
export interface Session extends ThreadRef {
	createdAt: Date;
	lastActivity: Date;
	/** From then on it is as if it had never been. */
	expiresAt: Date;
	/** Everything else that the application keeps in the item. */
	attributes: Attributes;
}

export const defaultTtlSeconds = 4 * 60 * 60;

/** The sessions of one owner. A thread is there as long as its session is. */
export class Sessions {
	readonly table: Table;
	readonly ttlSeconds: number;
	readonly #owner: string;
	readonly #now: () => number;

	constructor(options: SessionsOptions) {
		if (options.owner === "") {
			throw new Error(
				"Sessions need an owner: an empty one would be everybody's.",
			);
		}
		this.table = new Table(options.dynamodb, options.table);
		this.ttlSeconds = options.ttlSeconds ?? defaultTtlSeconds;
		this.#owner = options.owner;
		this.#now = options.now ?? Date.now;
	}

	/** The partition of everything that the thread has. */
	partition(threadId: string): string {
		return threadPartition(this.#owner, threadId);
	}

	/** Undefined where there is none, or where it has expired. */
	async get(threadId: string): Promise<Session | undefined> {
		const item = await this.table.get(this.#key(threadId));
		return item && this.#unexpired(item);
	}

	/** Last used first; the index may be a moment behind what `get` says. */
	async *list(pageSize?: number): AsyncGenerator<Session> {
		for await (const page of this.table.queryIndex(
			ownerPartition(this.#owner),
			pageSize,
		)) {
			for (const item of page) {
				const session = this.#unexpired(item);
				if (session) yield session;
			}
		}
	}

	/** Keeps the thread for another `ttlSeconds`. @returns undefined where it, or the generation asked for, is gone */
	async refresh(
		threadId: string,
		generation?: string,
	): Promise<Session | undefined> {
		const { times, at } = this.#timestamps();
		const item = await this.table.update(
			this.#key(threadId),
			{
				text: "set #last = :last, #order = :last, #expires = :expires",
				names: {
					"#last": "last_activity",
					"#order": "gsi1sk",
					"#expires": "expires_at",
				},
				values: {
					":last": times.last_activity,
					":expires": times.expires_at,
				},
			},
			{
				text: `#expires > :now${generation ? " and #generation = :generation" : ""}`,
				...(generation && { names: { "#generation": "generation" } }),
				values: {
					":now": { N: `${at}` },
					...(generation && { ":generation": { S: generation } }),
				},
			},
		);
		return item && toSession(item);
	}

	/**
	 * Begins the thread, empty.
	 * @param attributes what the application keeps in the item
	 * @returns undefined where it is there already
	 */
	async create(
		threadId: string,
		attributes: Attributes = {},
	): Promise<Session | undefined> {
		const { times, at } = this.#timestamps();
		const item: Attributes = {
			...attributes,
			...keyAttributes(this.#key(threadId)),
			...times,
			created_at: times.last_activity,
			session_id: { S: threadId },
			generation: { S: randomBytes(9).toString("base64url") },
			gsi1pk: { S: ownerPartition(this.#owner) },
			gsi1sk: times.last_activity,
		};
		const created = await this.table.put(item, {
			text: "attribute_not_exists(#pk) or #expires <= :now",
			names: { "#pk": "pk", "#expires": "expires_at" },
			values: { ":now": { N: `${at}` } },
		});
		return created ? toSession(item) : undefined;
	}

	/** The thread is gone at once; what it had is removed by the saver's `deleteThread`. */
	async delete(threadId: string): Promise<void> {
		await this.table.delete(this.#key(threadId));
	}

	/** A condition for transactions of the application that must not outlive the session. */
	liveCondition({ generation }: Session): Required<Expression> {
		return {
			text: "#generation = :generation and #expires > :now",
			names: { "#generation": "generation", "#expires": "expires_at" },
			values: {
				":generation": { S: generation },
				":now": { N: `${this.#timestamps().at}` },
			},
		};
	}

	#key(threadId: string) {
		return { pk: this.partition(threadId), sk: sessionSortKey };
	}

	#timestamps() {
		const now = this.#now();
		const at = Math.floor(now / 1_000);
		return {
			at,
			times: {
				last_activity: { S: new Date(now).toISOString() },
				expires_at: { N: `${at + this.ttlSeconds}` },
			},
		};
	}

	#unexpired(item: Attributes): Session | undefined {
		return isUnexpired(item, this.#now()) ? toSession(item) : undefined;
	}
}

/** DynamoDB removes an item up to days after the second in `expires_at`; for us it is gone from then on. */
export const isUnexpired = (item: Attributes, now: number) =>
	numberOf(item.expires_at) > Math.floor(now / 1_000);

function toSession(item: Attributes): Session {
	return {
		threadId: item.session_id?.S ?? "",
		generation: item.generation?.S ?? "",
		createdAt: new Date(item.created_at?.S ?? ""),
		lastActivity: new Date(item.last_activity?.S ?? ""),
		expiresAt: new Date(numberOf(item.expires_at) * 1_000),
		attributes: item,
	};
}

/** How many sessions all owners have, from the index: expired ones are those that DynamoDB has not removed yet. */
export async function countSessions({
	dynamodb,
	table,
	now = Date.now,
}: Pick<SessionsOptions, "dynamodb" | "table" | "now">): Promise<{
	active: number;
	expired: number;
}> {
	const count = { active: 0, expired: 0 };
	for await (const page of new Table(dynamodb, table).scanIndex("expires_at")) {
		for (const item of page) {
			count[isUnexpired(item, now()) ? "active" : "expired"] += 1;
		}
	}
	return count;
}
