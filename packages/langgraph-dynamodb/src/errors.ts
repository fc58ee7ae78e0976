/** A run wrote to a thread that expired or was deleted after the run had read it. */
export class ThreadGone extends Error {
	override name = "ThreadGone";

	constructor(threadId: string) {
		super(
			`Thread ${threadId} expired or was deleted while a run was writing to it. Start the run again without a checkpoint_id.`,
		);
	}
}

/** A checkpoint refers to something that is not stored. A crash never causes this: payloads are written first. */
export class CheckpointIncomplete extends Error {
	override name = "CheckpointIncomplete";

	constructor(missing: string) {
		super(
			`${missing} is referred to by a checkpoint and is not stored. Check whether it was deleted by hand, or by a lifecycle rule of the bucket.`,
		);
	}
}

/** DynamoDB left a part of a batch unprocessed at every attempt. */
export class UnprocessedItems extends Error {
	override name = "UnprocessedItems";

	constructor(table: string, count: number, attempts: number) {
		super(
			`DynamoDB left ${count} items of a batch on ${table} unprocessed after ${attempts} attempts: the table is throttled. Raise its capacity, or try again later.`,
		);
	}
}
