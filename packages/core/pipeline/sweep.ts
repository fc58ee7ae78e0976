import { derivedId } from "../ids.ts";
import { originalKey, thumbnailKey } from "../items/item.ts";
import { formSeconds } from "../items/prepare-upload.ts";
import type { Ports, StalledItem } from "../ports/index.ts";
import { rebuildWindow } from "../search/rebuild-index.ts";
import type { OutgoingEvent } from "./events.ts";
import { removeObjects } from "./process-image.ts";
import { sendOutbox } from "./run-stage.ts";
import { eventSources } from "./stages.ts";
import { requestEvent } from "./work-request.ts";

const batch = 200;
/** A stage that works is done or leased long before. */
const idleSeconds = 120;
/** A queue with a backlog must not be fed the same items at every sweep. */
const againSeconds = 15 * 60;
const unsentSeconds = 30;
/** An hour after the form of an upload expires: one that began just before has long arrived, or never will. */
const uploadSeconds = formSeconds + 60 * 60;
/** Longer than any invocation that was already writing when its item was deleted. */
const tombstoneSeconds = 15 * 60;
/** After this no presigned upload of the item is valid any more. */
const forgetTombstoneSeconds = 2 * 60 * 60;

export interface SweepReport {
	eventsSent: number;
	itemsRestarted: number;
	requestsRestarted: number;
	uploadsMissing: number;
	deletionsFinished: number;
}

/**
 * Finds what got lost on the way and sets it going again: events that were committed and not sent, items
 * whose stage died or whose event never came, requests that nobody works on, uploads that never arrived,
 * deletions cut short.
 */
export async function sweep(
	ports: Pick<
		Ports,
		"stages" | "requests" | "outbox" | "events" | "objects" | "clock"
	>,
): Promise<SweepReport> {
	const { stages, requests, events, objects, clock } = ports;
	const now = clock.now().getTime();
	const report: SweepReport = {
		eventsSent: await sendOutbox(ports, {
			olderThanSeconds: unsentSeconds,
			limit: batch,
		}),
		itemsRestarted: 0,
		requestsRestarted: 0,
		uploadsMissing: 0,
		deletionsFinished: 0,
	};

	const stalled = await stages.claimStalled({
		idleSeconds,
		againSeconds,
		limit: batch,
	});
	const restarts: OutgoingEvent[] = [];
	for (const one of stalled) {
		const { item, since } = one;
		if (
			item.status !== "pending" ||
			(await objects.exists(originalKey(item)))
		) {
			restarts.push(restart(one, objects.bucket, now));
		} else if (now - since.getTime() > uploadSeconds * 1000) {
			await stages.failMissingUpload(item.userId, item.id);
			report.uploadsMissing += 1;
		}
	}
	if (restarts.length > 0) await events.publish(eventSources.cleanup, restarts);
	report.itemsRestarted = restarts.length;

	const idle = await requests.claimStalled({
		idleSeconds,
		againSeconds,
		limit: batch,
		maxPerRebuild: rebuildWindow,
	});
	if (idle.length > 0) {
		const again = idle.map(({ request, correlationId }) =>
			requestEvent(request, correlationId),
		);
		await events.publish(eventSources.cleanup, again);
	}
	report.requestsRestarted = idle.length;

	for (const tombstone of await stages.tombstones({
		olderThanSeconds: tombstoneSeconds,
		limit: batch,
	})) {
		const { userId, itemId, deletedAt } = tombstone;
		await removeObjects(ports, userId, itemId);
		if (now - deletedAt.getTime() > forgetTombstoneSeconds * 1000) {
			await stages.deleteTombstone(userId, itemId);
			report.deletionsFinished += 1;
		}
	}
	return report;
}

/** The event that the item's current status once followed from or led to: its stage runs again. */
function restart(
	{ item, stage, analysisId }: StalledItem,
	bucket: string,
	now: number,
): OutgoingEvent {
	const ofItem = {
		version: 1 as const,
		correlation_id: item.correlationId,
		item_id: item.id,
		user_id: item.userId,
	};
	const id = derivedId(item.id, stage, now);
	const original_key = originalKey(item);
	if (stage === "process") {
		const detail = { ...ofItem, bucket, original_key };
		return { id, type: "OriginalStored", detail };
	}
	if (stage === "analyze") {
		const thumbnail_key = thumbnailKey(item.userId, item.id);
		const detail = { ...ofItem, bucket, original_key, thumbnail_key };
		return { id, type: "ImageProcessed", detail };
	}
	if (!analysisId) {
		throw new Error(`Item ${item.id} is analyzed and has no analysis.`);
	}
	return {
		id,
		type: "AnalysisComplete",
		detail: { ...ofItem, analysis_id: analysisId },
	};
}
