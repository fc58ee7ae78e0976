import type { WorkRequest } from "../pipeline/work-request.ts";

export type NewRequest = Pick<
	WorkRequest,
	"id" | "itemId" | "userId" | "kind" | "provider" | "model"
>;

/** What people asked to be done again. Only `Stages` ends a request. */
export interface Requests {
	/**
	 * Writes the request with the event that announces it. While the same is asked and not finished,
	 * gives that one and writes nothing. Null where there is no such item.
	 */
	create(request: NewRequest): Promise<WorkRequest | null>;
	find(
		userId: string,
		itemId: string,
		requestId: string,
	): Promise<WorkRequest | null>;
	/**
	 * Embeddings of a user's rebuild that no event announced yet, oldest first: as many as are missing until
	 * `window` of them are given out and not ended. Each is given out once.
	 */
	claimRebuildBatch(
		userId: string,
		window: number,
	): Promise<{ request: WorkRequest; correlationId: string }[]>;
	/**
	 * For the sweeper, over all tenants: pending requests made or claimed `idleSeconds` ago or earlier, whose
	 * item nobody holds, not given out in the last `againSeconds`. Oldest first, of a rebuild no more than
	 * `maxPerRebuild`: it has thousands, and another person's single request must not be behind them.
	 */
	claimStalled(options: {
		idleSeconds: number;
		againSeconds: number;
		limit: number;
		maxPerRebuild: number;
	}): Promise<{ request: WorkRequest; correlationId: string }[]>;
}
