import { announcedBy } from "../pipeline/stages.ts";
import { requestEvent } from "../pipeline/work-request.ts";
import type { Ports } from "../ports/index.ts";

/**
 * Limits the items of one rebuild that wait in the embedder's queue: enough to keep it busy, so few that another
 * user's new upload does not wait behind thousands of them.
 */
export const rebuildWindow = 20;

/**
 * Starts to embed a user's items again. Each keeps its vector until the new one is written, and its status even if
 * that fails. A second call during a rebuild continues it.
 *
 * @returns the number of items that wait for their embedding
 */
export async function rebuildIndex(
	ports: Pick<Ports, "vectorIndex" | "requests" | "events" | "embedder">,
	userId: string,
	{ force }: { force: boolean },
): Promise<number> {
	const { vectorIndex, embedder } = ports;
	const waiting = await vectorIndex.requestRebuild(userId, embedder.model, {
		force,
	});
	await continueRebuild(ports, userId);
	return waiting;
}

/** Queues the next items of a user's rebuild, up to the window. Called whenever an item ends. */
export async function continueRebuild(
	{ requests, events }: Pick<Ports, "requests" | "events">,
	userId: string,
): Promise<void> {
	const batch = await requests.claimRebuildBatch(userId, rebuildWindow);
	if (batch.length === 0) return;
	await events.publish(
		announcedBy.EmbeddingRequested,
		batch.map(({ request, correlationId }) => requestEvent(request, correlationId)),
	);
}
