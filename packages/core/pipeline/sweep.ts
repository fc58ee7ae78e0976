import { derivedId } from "../ids.ts";
import { originalKey, thumbnailKey } from "../items/item.ts";
import { formSeconds } from "../items/prepare-upload.ts";
import type { Ports, StalledItem } from "../ports/index.ts";
import { rebuildWindow } from "../search/rebuild-index.ts";
import { itemEventFields, type OutgoingEvent } from "./events.ts";
import { removeObjects } from "./process-image.ts";
import { sendOutbox } from "./run-stage.ts";
import { eventSources, type StageName } from "./stages.ts";
import { requestEvent } from "./work-request.ts";

const batchSize = 200;
/** A sweep that fails as many uploads, after a look into the bucket for each, takes seconds. */
const pendingBatchSize = 1_000;
/** Looks into the bucket at once. */
const parallelLooks = 20;
/** A stage at work is done, or holds a lease, long before. */
const idleSeconds = 120;
/** Keeps a queue with a backlog from getting the same items at every sweep. */
const againSeconds = 15 * 60;
const unsentSeconds = 30;
/** An hour after the form of an upload expires: an upload that began just before has arrived by then, or never will. */
const uploadSeconds = formSeconds + 60 * 60;
/** Longer than any invocation that was writing when its item was deleted. */
const tombstoneSeconds = 15 * 60;
/** After this no presigned upload of the item is valid. */
const deleteTombstoneSeconds = 2 * 60 * 60;

interface SweepReport {
	eventsSent: number;
	itemsRestarted: number;
	requestsRestarted: number;
	uploadsMissing: number;
	deletionsFinished: number;
}

/**
 * Restarts lost work: sends committed events that were not sent, restarts items whose stage crashed or whose event was
 * lost, and requests without a holder, fails uploads that never arrived, and completes interrupted deletions.
 */
export async function sweep(
	ports: Pick<Ports, "stages" | "requests" | "outbox" | "events" | "objects" | "clock">,
): Promise<SweepReport> {
	const { stages, requests, events, objects, clock } = ports;
	const now = clock.now().getTime();
	const report: SweepReport = {
		eventsSent: await sendOutbox(ports, {
			olderThanSeconds: unsentSeconds,
			limit: batchSize,
		}),
		itemsRestarted: 0,
		requestsRestarted: 0,
		uploadsMissing: 0,
		deletionsFinished: 0,
	};

	const restart = async (stalled: StalledItem[]) => {
		const restarts = stalled.map((each) => restartEvent(each, objects.bucket, now));
		if (restarts.length > 0) await events.publish(eventSources.cleanup, restarts);
		report.itemsRestarted += restarts.length;
	};
	await restart(await stages.claimStalled({ idleSeconds, againSeconds, limit: batchSize }));

	const pending = await stages.claimPending({
		idleSeconds,
		againSeconds,
		overdueSeconds: uploadSeconds,
		limit: pendingBatchSize,
	});
	const arrived: StalledItem[] = [];
	for (let at = 0; at < pending.length; at += parallelLooks) {
		const looks = pending.slice(at, at + parallelLooks).map(async (each) => {
			if (await objects.exists(originalKey(each.item))) arrived.push(each);
			else if (now - each.since.getTime() >= uploadSeconds * 1000) {
				await stages.failMissingUpload(each.item.userId, each.item.id);
				report.uploadsMissing += 1;
			}
		});
		await Promise.all(looks);
	}
	await restart(arrived);

	const idle = await requests.claimStalled({
		idleSeconds,
		againSeconds,
		limit: batchSize,
		maxPerRebuild: rebuildWindow,
	});
	if (idle.length > 0) {
		const requestEvents = idle.map(({ request, correlationId }) => requestEvent(request, correlationId));
		await events.publish(eventSources.cleanup, requestEvents);
	}
	report.requestsRestarted = idle.length;

	for (const tombstone of await stages.claimTombstones({
		olderThanSeconds: tombstoneSeconds,
		againSeconds,
		limit: batchSize,
	})) {
		const { userId, itemId, deletedAt } = tombstone;
		await removeObjects(ports, userId, itemId);
		if (now - deletedAt.getTime() > deleteTombstoneSeconds * 1000) {
			await stages.deleteTombstone(userId, itemId);
			report.deletionsFinished += 1;
		}
	}
	return report;
}

/** Builds the event that starts the stage of the item's current status again. */
function restartEvent(stalled: StalledItem, bucket: string, now: number): OutgoingEvent {
	const { item, stage } = stalled;
	return { id: derivedId(item.id, stage, now), ...restartEvents[stage](stalled, bucket) };
}

type RestartEvent = OutgoingEvent extends infer Event
	? Event extends { id: string }
		? Omit<Event, "id">
		: never
	: never;

const restartEvents: Record<StageName, (stalled: StalledItem, bucket: string) => RestartEvent> = {
	process: ({ item }, bucket) => ({
		type: "OriginalStored",
		detail: { ...itemEventFields(item), bucket, original_key: originalKey(item) },
	}),
	analyze: ({ item }, bucket) => ({
		type: "ImageProcessed",
		detail: {
			...itemEventFields(item),
			bucket,
			original_key: originalKey(item),
			thumbnail_key: thumbnailKey(item.userId, item.id),
		},
	}),
	embed: ({ item, analysisId }) => {
		if (!analysisId) throw new Error(`Item ${item.id} is analyzed and has no analysis.`);
		return { type: "AnalysisComplete", detail: { ...itemEventFields(item), analysis_id: analysisId } };
	},
};
