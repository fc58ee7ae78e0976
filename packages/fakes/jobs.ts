import { randomUUID } from "node:crypto";
import { exportRunning, itemNotFound, tooManyJobs } from "#core/errors.ts";
import { hasEnded, type Job, jobExhausted } from "#core/jobs/job.ts";
import { type JobLease, type Jobs, maxAttempts } from "#core/ports/index.ts";
import { owned, type Store, type StoredJob } from "./store.ts";

export function fakeJobs(store: Store): Jobs {
	const own = (userId: string, jobId: string) => {
		const stored = store.jobs.get(jobId);
		return stored?.job.userId === userId ? stored : null;
	};
	const held = ({ userId, jobId, token }: JobLease) => {
		const stored = own(userId, jobId);
		const isHeld = stored?.job.state === "running" && stored.lease?.token === token && isLeased(stored);
		return isHeld ? stored : null;
	};
	const isLeased = ({ lease }: StoredJob) => lease !== null && lease.expiresAt > store.now();
	const isActive = ({ job }: StoredJob) => job.state === "queued" || job.state === "running";
	const all = () => [...store.jobs.values()];
	const isServed = ({ job }: StoredJob) => all().some((each) => each.job.userId === job.userId && isLeased(each));
	const change = (stored: StoredJob, fields: Partial<Job>) =>
		Object.assign(stored.job, fields, { updatedAt: new Date(store.now()) });
	const end = (stored: StoredJob, fields: Partial<Job>) => {
		change(stored, { ...fields, finishedAt: new Date(store.now()) });
		stored.lease = null;
		stored.waiting = [];
	};

	return {
		async create({ itemIds, ...added }, { maxOpen }) {
			const open = all().filter(({ job }) => job.userId === added.userId && !hasEnded(job));
			const running = open.find(({ job }) => job.kind === "export");
			if (added.kind === "export" && running) throw exportRunning(running.job.id);
			if (open.length >= maxOpen) throw tooManyJobs(maxOpen);
			const now = store.now();
			const missing = itemIds.filter((id) => !owned(store, added.userId, id));
			const [first] = itemIds;
			if (first && missing.length === itemIds.length) throw itemNotFound(first);
			const job: Job = {
				...structuredClone(added),
				state: "queued",
				total: itemIds.length,
				done: 0,
				failed: missing.length,
				resultKey: null,
				error: null,
				createdAt: new Date(now),
				updatedAt: new Date(now),
				finishedAt: null,
			};
			store.jobs.set(job.id, {
				job,
				waiting: itemIds.filter((id) => !missing.includes(id)),
				failures: missing.map((itemId) => {
					const { code, message } = itemNotFound(itemId);
					return { itemId, code, detail: message };
				}),
				lease: null,
				attempts: 0,
				dueAt: now,
				turnAt: now,
				servedAt: null,
				sweptAt: null,
				parts: new Map(),
			});
			return structuredClone(job);
		},

		async find(userId, jobId) {
			return structuredClone(own(userId, jobId)?.job ?? null);
		},

		async failures(userId, jobId, limit) {
			return structuredClone(own(userId, jobId)?.failures.slice(0, limit) ?? []);
		},

		async cancel(userId, jobId) {
			const stored = own(userId, jobId);
			if (stored && !hasEnded(stored.job)) end(stored, { state: "canceled" });
			return structuredClone(stored?.job ?? null);
		},

		async pause(userId, jobId, paused) {
			const stored = own(userId, jobId);
			if (stored && !hasEnded(stored.job) && (stored.job.state === "paused") !== paused) {
				change(stored, { state: paused ? "paused" : stored.servedAt === null ? "queued" : "running" });
				Object.assign(stored, { lease: null, attempts: 0, dueAt: store.now(), sweptAt: null });
			}
			return structuredClone(stored?.job ?? null);
		},

		async waiting({ userId, jobId }, limit) {
			return own(userId, jobId)?.waiting.slice(0, limit) ?? [];
		},

		async record(lease, { done, failed }) {
			const stored = held(lease);
			if (!stored) return false;
			const isWaiting = (id: string) => stored.waiting.includes(id);
			const finished = done.filter(isWaiting);
			const failures = failed.filter(({ itemId }) => isWaiting(itemId));
			stored.failures.push(...structuredClone(failures));
			const ended = new Set([...finished, ...failures.map(({ itemId }) => itemId)]);
			stored.waiting = stored.waiting.filter((id) => !ended.has(id));
			if (ended.size > 0) stored.attempts = 0;
			const { job } = stored;
			change(stored, { done: job.done + finished.length, failed: job.failed + failures.length });
			return true;
		},

		async release(lease, { seconds, isFailure }) {
			const stored = held(lease);
			if (!stored) return;
			Object.assign(stored, { lease: null, dueAt: store.now() + seconds * 1000 });
			if (!isFailure) stored.attempts = 0;
		},

		async end(lease, { error, resultKey }) {
			const stored = held(lease);
			if (!stored) return;
			end(stored, { state: error ? "failed" : "done", error: error ?? null, resultKey: resultKey ?? null });
		},

		async next(userId) {
			const [first] = all()
				.filter((stored) => stored.job.userId === userId && isActive(stored))
				.sort((a, b) => a.dueAt - b.dueAt);
			if (!first) return null;
			return { jobId: first.job.id, seconds: Math.max(0, Math.ceil((first.dueAt - store.now()) / 1000)) };
		},

		async claim(leaseSeconds) {
			for (;;) {
				const now = store.now();
				const [next] = all()
					.filter((stored) => isActive(stored) && stored.dueAt <= now && !isServed(stored))
					.sort(
						(a, b) =>
							a.turnAt - b.turnAt ||
							(a.servedAt ?? 0) - (b.servedAt ?? 0) ||
							a.job.createdAt.getTime() - b.job.createdAt.getTime(),
					);
				if (!next) return null;
				for (const each of all()) if (each.job.userId === next.job.userId) each.turnAt = now;
				next.servedAt = now;
				if (next.attempts >= maxAttempts) {
					end(next, { state: "failed", error: jobExhausted });
					continue;
				}
				next.attempts += 1;
				next.lease = { token: randomUUID(), expiresAt: now + leaseSeconds * 1000 };
				change(next, { state: "running" });
				const { id: jobId, userId } = next.job;
				return { job: structuredClone(next.job), lease: { userId, jobId, token: next.lease.token } };
			}
		},

		async claimStalled({ idleSeconds, againSeconds, limit }) {
			const now = store.now();
			const stalled = all().filter(
				(stored) =>
					isActive(stored) &&
					!isServed(stored) &&
					Math.max(stored.dueAt, stored.servedAt ?? 0, stored.lease?.expiresAt ?? 0) <= now - idleSeconds * 1000 &&
					(stored.sweptAt === null || stored.sweptAt <= now - againSeconds * 1000),
			);
			const byUser = Map.groupBy(stalled, ({ job }) => job.userId);
			return [...byUser.values()].slice(0, limit).flatMap(([first]) => {
				if (!first) return [];
				first.sweptAt = now;
				const { id, userId } = first.job;
				return { id, userId };
			});
		},

		async forget(olderThanSeconds) {
			for (const { job } of all()) {
				if (job.finishedAt && job.finishedAt.getTime() <= store.now() - olderThanSeconds * 1000)
					store.jobs.delete(job.id);
			}
		},
	};
}
