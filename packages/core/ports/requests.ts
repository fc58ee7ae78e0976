import type { WorkRequest } from "../pipeline/work-request.ts";
import type { SweepOptions } from "./stages.ts";

export type NewRequest = Pick<WorkRequest, "id" | "itemId" | "userId" | "kind" | "provider" | "model">;

/** The work that people requested. Only `Stages` ends a request. */
export interface Requests {
	/**
	 * Writes the request with the event that announces it. While the same request is pending, returns that one and
	 * writes nothing; likewise the request of this id, ended or not. Null where there is no such item.
	 */
	create(request: NewRequest): Promise<WorkRequest | null>;
	find(userId: string, itemId: string, requestId: string): Promise<WorkRequest | null>;
	/**
	 * Claims the next embeddings of a user's rebuild, oldest first, until `window` of them are claimed and not ended.
	 * Each is claimed once.
	 */
	claimRebuildBatch(userId: string, window: number): Promise<{ request: WorkRequest; correlationId: string }[]>;
	/**
	 * Claims for the sweeper, over all tenants, pending requests created or claimed at least `idleSeconds` ago, whose
	 * item has no lease and which no sweep claimed in the last `againSeconds`. In turns, as `Stages.claimStalled`;
	 * `maxPerRebuild` of one rebuild.
	 */
	claimStalled(
		options: SweepOptions & { maxPerRebuild: number },
	): Promise<{ request: WorkRequest; correlationId: string }[]>;
}
