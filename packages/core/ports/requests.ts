import type { WorkRequest } from "../work-request.ts";

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
	 * For the sweeper, over all tenants: pending requests made or claimed `idleSeconds` ago or earlier, whose
	 * item nobody holds, not given out by this call in the last `againSeconds`. Oldest first.
	 */
	takeIdle(options: {
		idleSeconds: number;
		againSeconds: number;
		limit: number;
	}): Promise<{ request: WorkRequest; correlationId: string }[]>;
}
