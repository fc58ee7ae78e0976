import type { Limits } from "../limits/limits.ts";
import type { Job } from "./job.ts";
import { type JobKind, type JobPorts, jobKinds } from "./kinds.ts";

interface SliceOptions {
	/** At least the remaining time of the invocation: a lease must outlive its holder. */
	leaseSeconds: number;
	/** No step begins after it. */
	deadline: Date;
	limits: Limits;
	/** @default every kind */
	kinds?: Record<string, JobKind<unknown>>;
}

export interface Slice {
	job: Job;
	/** `stopped`: the job was paused or canceled, or another has its lease. */
	outcome: "ended" | "goes on" | "stopped" | "unknown kind";
	done: number;
	failed: number;
}

const failureSeconds = 30;
/** The function is of the release before: the next one knows the kind. */
const unknownKindSeconds = 60;

/**
 * Works on the job whose turn it is until the deadline, step by step. Each step is recorded under the lease, so that a crash
 * repeats one step at most. Null where no job has work to do.
 *
 * @throws errors that a retry may resolve, after the lease is released
 */
export async function runSlice(
	ports: JobPorts,
	{ leaseSeconds, deadline, limits, kinds = jobKinds }: SliceOptions,
): Promise<Slice | null> {
	const { jobs } = ports;
	const claimed = await jobs.claim(leaseSeconds);
	if (!claimed) return null;
	const { job, lease } = claimed;
	const slice = { job, done: 0, failed: 0 };
	const kind = kinds[job.kind];
	if (!kind) {
		await jobs.release(lease, { seconds: unknownKindSeconds, isFailure: false });
		return { ...slice, outcome: "unknown kind" };
	}
	try {
		const input = kind.input.parse(job.input);
		for (;;) {
			const itemIds = await jobs.waiting(lease, kind.perStep);
			const now = { ...job, done: job.done + slice.done, failed: job.failed + slice.failed };
			if (itemIds.length === 0) {
				const resultKey = await kind.finish?.(ports, input, { job: now, limits });
				await jobs.end(lease, { ...(resultKey && { resultKey }) });
				return { ...slice, outcome: "ended" };
			}
			const { done, failed, waitSeconds } = await kind.work(ports, input, itemIds, { job: now, limits });
			if (!(await jobs.record(lease, { done, failed }))) return { ...slice, outcome: "stopped" };
			slice.done += done.length;
			slice.failed += failed.length;
			if (waitSeconds !== undefined || Date.now() >= deadline.getTime()) {
				await jobs.release(lease, { seconds: waitSeconds ?? 0, isFailure: false });
				return { ...slice, outcome: "goes on" };
			}
		}
	} catch (error) {
		await jobs.release(lease, { seconds: failureSeconds, isFailure: true });
		throw error;
	}
}
