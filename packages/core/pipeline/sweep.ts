import { Failures } from "../failures.ts";
import { derivedId } from "../ids.ts";
import { originalKey, thumbnailKey } from "../items/item.ts";
import { formSeconds } from "../items/prepare-upload.ts";
import { jobDueEvent } from "../jobs/job.ts";
import type { Ports, StalledItem } from "../ports/index.ts";
import { rebuildWindow } from "../search/rebuild-index.ts";
import { deliveriesDueEvent } from "../webhooks/webhook.ts";
import { eventSchemas, itemEventFields, type OutgoingEvent } from "./events.ts";
import { removeObjects } from "./process-image.ts";
import { publishEach, sendUnsent } from "./send-events.ts";
import { eventSources, stages } from "./stages.ts";
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
/** Whoever started a job has long seen its end. */
const keepJobsSeconds = 30 * 24 * 60 * 60;
/** Much longer than a claim looks back. */
const keepClaimsSeconds = 60 * 60;

interface SweepReport {
	eventsSent: number;
	itemsRestarted: number;
	requestsRestarted: number;
	jobsWoken: number;
	/** People whose webhooks are delivered to. */
	receiversWoken: number;
	uploadsMissing: number;
	deletionsFinished: number;
	/** The failures; everything else was done: what is wrong with one person's rows keeps no other's waiting. */
	errors: unknown[];
}

type SweepPorts = Pick<Ports, "stages" | "requests" | "jobs" | "webhooks" | "outbox" | "events" | "objects" | "clock">;

/**
 * Restarts lost work: sends committed events that were not sent, restarts items whose stage crashed or whose event was
 * lost, requests without a holder and jobs that nobody works on, fails uploads that never arrived, and completes interrupted deletions.
 */
export async function sweep(ports: SweepPorts): Promise<SweepReport> {
	const failures = new Failures();
	const now = ports.clock.now().getTime();
	const count = async (step: () => Promise<number>) => (await failures.collect(step)) ?? 0;

	const eventsSent = await count(() =>
		sendUnsent(ports, { olderThanSeconds: unsentSeconds, limit: batchSize }, failures),
	);
	const stalledRestarted = await count(async () =>
		restart(ports, await ports.stages.claimStalled({ idleSeconds, againSeconds, limit: batchSize }), now, failures),
	);
	const { arrived, missing } = (await failures.collect(() => lookForUploads(ports, now, failures))) ?? {
		arrived: [],
		missing: 0,
	};
	const arrivedRestarted = await restart(ports, arrived, now, failures);
	await failures.collect(() => ports.stages.forgetClaims(keepClaimsSeconds));
	await failures.collect(() => ports.jobs.forget(keepJobsSeconds));
	return {
		eventsSent,
		itemsRestarted: stalledRestarted + arrivedRestarted,
		uploadsMissing: missing,
		requestsRestarted: await count(() => restartRequests(ports, failures)),
		jobsWoken: await count(() => wakeJobs(ports, now, failures)),
		receiversWoken: await count(() => wakeDeliveries(ports, now, failures)),
		deletionsFinished: await count(() => completeDeletions(ports, now, failures)),
		errors: failures.errors,
	};
}

/** Restarts the stages of items. @returns the number of those that could be */
async function restart(
	{ events, objects }: SweepPorts,
	stalled: StalledItem[],
	now: number,
	failures: Failures,
): Promise<number> {
	const restarts: OutgoingEvent[] = [];
	for (const each of stalled) {
		await failures.collect(async () => restarts.push(restartEvent(each, objects.bucket, now)));
	}
	return (await publishEach(events, eventSources.cleanup, restarts, failures)).length;
}

/** Finds the announced uploads that arrived without an event, and fails those that never will. */
async function lookForUploads(
	{ stages, objects }: SweepPorts,
	now: number,
	failures: Failures,
): Promise<{ arrived: StalledItem[]; missing: number }> {
	const pending = await stages.claimPending({
		idleSeconds,
		againSeconds,
		overdueSeconds: uploadSeconds,
		limit: pendingBatchSize,
	});
	const arrived: StalledItem[] = [];
	const overdue: StalledItem[] = [];
	const look = async (each: StalledItem) => {
		if (await objects.exists(originalKey(each.item))) arrived.push(each);
		else if (now - each.since.getTime() >= uploadSeconds * 1000) overdue.push(each);
	};
	for (let at = 0; at < pending.length; at += parallelLooks) {
		await Promise.all(pending.slice(at, at + parallelLooks).map((each) => failures.collect(() => look(each))));
	}
	let missing = 0;
	// One after the other: as many at once as looks would wait for the few connections of a sandbox until that wait times out.
	for (const { item } of overdue) {
		await failures.collect(async () => {
			await stages.failMissingUpload(item.userId, item.id);
			missing += 1;
		});
	}
	return { arrived, missing };
}

/** Restarts requests without a holder. @returns the number of those that could be */
async function restartRequests({ requests, events }: SweepPorts, failures: Failures): Promise<number> {
	const idle = await requests.claimStalled({
		idleSeconds,
		againSeconds,
		limit: batchSize,
		maxPerRebuild: rebuildWindow,
	});
	const restarts = idle.map(({ request, correlationId }) => requestEvent(request, correlationId));
	return (await publishEach(events, eventSources.cleanup, restarts, failures)).length;
}

/** Wakes the function for jobs whose event was lost, or whose slice crashed. @returns the number of those that it could be */
async function wakeJobs({ jobs, events }: SweepPorts, now: number, failures: Failures): Promise<number> {
	const stalled = await jobs.claimStalled({ idleSeconds, againSeconds, limit: batchSize });
	const wakeUps = stalled.map((job) => jobDueEvent(job, now));
	return (await publishEach(events, eventSources.cleanup, wakeUps, failures)).length;
}

/** Wakes the function for deliveries whose event was lost, or whose wait is over. @returns the number of people */
async function wakeDeliveries({ webhooks, events }: SweepPorts, now: number, failures: Failures): Promise<number> {
	const owed = await webhooks.owed(unsentSeconds, batchSize);
	const wakeUps = owed.map((userId) => deliveriesDueEvent(userId, now));
	return (await publishEach(events, eventSources.cleanup, wakeUps, failures)).length;
}

/** Removes what was stored for items after their deletion. @returns the number of deletions that ended */
async function completeDeletions(ports: SweepPorts, now: number, failures: Failures): Promise<number> {
	const { stages } = ports;
	let finished = 0;
	for (const { userId, itemId, deletedAt } of await stages.claimTombstones({
		olderThanSeconds: tombstoneSeconds,
		againSeconds,
		limit: batchSize,
	})) {
		await failures.collect(async () => {
			await removeObjects(ports, userId, itemId);
			if (now - deletedAt.getTime() <= deleteTombstoneSeconds * 1000) return;
			await stages.deleteTombstone(userId, itemId);
			finished += 1;
		});
	}
	return finished;
}

/** Builds the event that starts the stage of the item's current status again: of these fields, it takes its own. */
function restartEvent({ item, stage, analysisId }: StalledItem, bucket: string, now: number): OutgoingEvent {
	const type = stages[stage].restart;
	const parsed = eventSchemas[type].safeParse({
		...itemEventFields(item),
		bucket,
		original_key: originalKey(item),
		thumbnail_key: thumbnailKey(item.userId, item.id),
		analysis_id: analysisId,
	});
	if (!parsed.success)
		throw new Error(`Item ${item.id} lacks what its stage ${stage} starts with.`, { cause: parsed.error });
	return { id: derivedId(item.id, stage, now), type, detail: parsed.data };
}
