import { announcedBy } from "../pipeline/stages.ts";
import { requestEvent } from "../pipeline/work-request.ts";
import type { Ports } from "../ports/index.ts";

/**
 * As many items of one rebuild wait in the embedder's queue: enough to keep it busy, so few that another
 * person's new upload is not behind thousands of them.
 */
export const rebuildWindow = 20;

/**
 * Has the embedder give a person's items their place in the search space anew. Each keeps the vector it has until
 * the new one is written, and its status whatever becomes of it. Asked again meanwhile, it goes on.
 *
 * @returns how many items wait for it
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

/** Announces what is next of a person's rebuild, as far as there is room in the queue. Called as each item ends. */
export async function continueRebuild(
	{ requests, events }: Pick<Ports, "requests" | "events">,
	userId: string,
): Promise<void> {
	const next = await requests.claimRebuildBatch(userId, rebuildWindow);
	if (next.length === 0) return;
	await events.publish(
		announcedBy.EmbeddingRequested,
		next.map(({ request, correlationId }) =>
			requestEvent(request, correlationId),
		),
	);
}
