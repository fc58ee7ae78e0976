import { randomUUID } from "node:crypto";
import { eventSources } from "../pipeline/stages.ts";
import type { NewJob, Ports } from "../ports/index.ts";
import { type Job, jobDueEvent, maxOpenJobs } from "./job.ts";
import type { JobKindName } from "./kinds.ts";

/**
 * Stores a job and wakes the function that works it off.
 * @throws AppError `too_many_jobs`; `item_not_found` where none of the items is the person's
 */
export async function startJob(
	{ jobs, events }: Pick<Ports, "jobs" | "events">,
	userId: string,
	job: Pick<NewJob, "input" | "itemIds"> & { kind: JobKindName },
): Promise<Job> {
	const created = await jobs.create({ id: randomUUID(), userId, ...job }, { maxOpen: maxOpenJobs });
	await wake({ events }, created);
	return created;
}

/** Wakes the function that works off jobs. The sweeper does so, too, where the event is lost. */
export async function wake({ events }: Pick<Ports, "events">, job: Pick<Job, "userId" | "id">): Promise<void> {
	// The job is stored and its client must learn of it: the sweeper sends the event again.
	await events.publish(eventSources.api, [jobDueEvent(job, Date.now())]).catch(() => {});
}
