import type { FailedItem, Job, JobError } from "../jobs/job.ts";
import type { SweepOptions } from "./stages.ts";

export interface NewJob extends Pick<Job, "id" | "userId" | "kind" | "input"> {
	/** Those that are no items of the person fail at once. */
	itemIds: string[];
}

/** A slice's lease of a job, on the database clock. Progress is recorded only under it. */
export interface JobLease {
	userId: string;
	jobId: string;
	token: string;
}

/** Jobs. All but the last three calls are bound to one user. */
export interface Jobs {
	/**
	 * @throws AppError `too_many_jobs` where the user has `maxOpen` that have not ended; `export_running` where the job is an
	 * export and another has not ended; `item_not_found` where it names items, and none of them is the person's: nothing is
	 * stored then
	 */
	create(job: NewJob, options: { maxOpen: number }): Promise<Job>;
	find(userId: string, jobId: string): Promise<Job | null>;
	/** Returns the items of which the job could not do its work, in its order. */
	failures(userId: string, jobId: string, limit: number): Promise<FailedItem[]>;
	/** Ends a job that has not ended; its slice, if one runs, records nothing more. */
	cancel(userId: string, jobId: string): Promise<Job | null>;
	/** Pauses a job that has not ended, or lets it go on; its slice, if one runs, records nothing more. */
	pause(userId: string, jobId: string, paused: boolean): Promise<Job | null>;
	/** Returns the next items that wait, in the job's order. */
	waiting(lease: JobLease, limit: number): Promise<string[]>;
	/**
	 * Counts items as done or failed, each once. False where the lease was lost, or the job paused or ended: nothing is
	 * recorded then.
	 */
	record(lease: JobLease, finished: { done: string[]; failed: FailedItem[] }): Promise<boolean>;
	/** Ends the lease; the job waits for `seconds`. After a failure the claim counts as one without a finished item. */
	release(lease: JobLease, options: { seconds: number; isFailure: boolean }): Promise<void>;
	/** Ends the job, `failed` where there is an error. */
	end(lease: JobLease, result: { error?: JobError; resultKey?: string }): Promise<void>;
	/** Returns a job of the person that has work to do, with the seconds until it has; null where there is none. */
	next(userId: string): Promise<{ jobId: string; seconds: number } | null>;

	/**
	 * Claims, over all tenants, the job whose person was served the longest time ago, and whose jobs have no lease; of the
	 * person's jobs the one that was served the longest time ago. After `maxAttempts` claims without a finished item the
	 * job ends `failed` (`retries_exhausted`), and the next is claimed.
	 */
	claim(leaseSeconds: number): Promise<{ job: Job; lease: JobLease } | null>;
	/**
	 * Claims for the sweeper, over all tenants, a job of each person whose work has waited for `idleSeconds` without a
	 * lease, and which no sweep claimed in the last `againSeconds`.
	 */
	claimStalled(options: SweepOptions): Promise<Pick<Job, "userId" | "id">[]>;
	/** Removes, over all tenants, jobs that ended long ago. */
	forget(olderThanSeconds: number): Promise<void>;
}
