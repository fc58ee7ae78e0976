import { derivedId } from "../ids.ts";
import type { OutgoingEvent } from "../pipeline/events.ts";

export const jobStates = ["queued", "running", "paused", "done", "failed", "canceled"] as const;
export type JobState = (typeof jobStates)[number];

/** Why a job ended `failed`, or one of its items did; `detail` is a sentence for its owner. */
export interface JobError {
	code: string;
	detail: string;
}

/** An item of which a job could not do its work. */
export interface FailedItem extends JobError {
	itemId: string;
}

/** Work on many items that one request cannot do: a function does it slice by slice, and a crash loses no slice. */
export interface Job {
	id: string;
	userId: string;
	/** One of `kinds.ts`; its schema reads `input`. */
	kind: string;
	input: unknown;
	state: JobState;
	/** Items. */
	total: number;
	done: number;
	failed: number;
	/** The object that the job made. */
	resultKey: string | null;
	error: JobError | null;
	createdAt: Date;
	updatedAt: Date;
	finishedAt: Date | null;
}

/** The items of one job. */
export const maxJobItems = 50_000;
/** The jobs of one person that have not ended. */
export const maxOpenJobs = 20;

/** The error of a job whose slices failed again and again. */
export const jobExhausted: JobError = {
	code: "retries_exhausted",
	detail: "The work failed again and again without an item done; what was done before stays.",
};

export const hasEnded = ({ state }: Pick<Job, "state">): boolean => ["done", "failed", "canceled"].includes(state);

/** Builds the event that wakes the function: a job of the person has work to do. */
export function jobDueEvent({ userId, id }: Pick<Job, "userId" | "id">, now: number): OutgoingEvent<"JobDue"> {
	return {
		id: derivedId(id, "JobDue", now),
		type: "JobDue",
		detail: { version: 1, correlation_id: id, user_id: userId, job_id: id },
	};
}
