/** A thread was written to that has expired or was deleted since it was read: what is being said must be said anew. */
export class ThreadGone extends Error {
	override name = "ThreadGone";

	constructor(threadId: string) {
		super(
			`Thread ${threadId} is no longer there: it expired or was deleted while a run was writing to it. Start the run again without a checkpoint_id.`,
		);
	}
}

/** A checkpoint refers to something that is not stored: never the result of a crash, since payloads are written first. */
export class CheckpointIncomplete extends Error {
	override name = "CheckpointIncomplete";

	constructor(what: string) {
		super(
			`${what} is referred to by a checkpoint and is not stored: was it deleted by hand, or by a lifecycle rule of the bucket?`,
		);
	}
}

/** DynamoDB kept refusing a part of a batch. */
export class UnprocessedItems extends Error {
	override name = "Unprocessed";

	constructor(table: string, left: number, tries: number) {
		super(
			`DynamoDB left ${left} items of a batch on ${table} unprocessed after ${tries} tries: the table is throttled.`,
		);
	}
}
