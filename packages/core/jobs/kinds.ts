import { z } from "zod";
import { exportItems, finishExport, itemsPerPart } from "../archive/export.ts";
import { type Limits, type RouteClass, rateLimitOf } from "../limits/limits.ts";
import type { Ports } from "../ports/index.ts";
import {
	type AppliedAction,
	applyAction,
	type BatchPorts,
	batchActionNames,
	batchActions,
	itemsPerStep,
} from "./batch-actions.ts";
import type { Job } from "./job.ts";

export type JobPorts = BatchPorts & Pick<Ports, "jobs" | "rateLimits" | "archives" | "tar" | "chats">;

export interface StepResult extends AppliedAction {
	/** The job must wait so long before its next step. */
	waitSeconds?: number;
}

interface StepOptions {
	/** As it is before the step. */
	job: Job;
	limits: Limits;
}

/** A kind of job. */
export interface JobKind<Input> {
	input: z.ZodType<Input>;
	/** The items of one step: progress is recorded after each, and a crash repeats one. */
	perStep: number;
	/** Does a step. Safe to repeat. Items that are neither done nor failed stay for a later step. */
	work(ports: JobPorts, input: Input, itemIds: string[], options: StepOptions): Promise<StepResult>;
	/** Makes the job's object, once no item waits. Safe to repeat. @returns its key */
	finish?(ports: JobPorts, input: Input, options: StepOptions): Promise<string>;
}

const defineKind = <Input>(kind: JobKind<Input>) => kind as JobKind<unknown>;

/** Every kind of job, by its name in the table and in the API. */
export const jobKinds = {
	/** An action on many items. */
	batch: defineKind({
		input: z.object({ action: z.enum(batchActionNames), argument: z.unknown() }),
		perStep: itemsPerStep,
		async work(ports, { action, argument }, itemIds, { job, limits }) {
			const { limit, argument: schema } = batchActions[action];
			const { allowed, waitSeconds } = limit
				? await withinLimits(ports, job.userId, itemIds, limit, limits)
				: { allowed: itemIds, waitSeconds: undefined };
			const work = { action, argument: schema.parse(argument) };
			return { ...(await applyAction(ports, job.userId, allowed, work, job.id)), waitSeconds };
		},
	}),
	/** An archive of everything that a person has. */
	export: defineKind({
		input: z.object({}),
		perStep: itemsPerPart,
		work: (ports, _, itemIds, { job }) => exportItems(ports, job, itemIds),
		finish: (ports, _, { job }) => finishExport(ports, job),
	}),
} satisfies Record<string, JobKind<unknown>>;
export type JobKindName = keyof typeof jobKinds;

/** Half a bucket stays for what the person does beside the job; it gains this part of a minute until the next step. */
const keptPart = 0.5;
const refillSeconds = 15;

/** Takes a request from the person's limits for each item, as long as half of them stay. */
async function withinLimits(
	{ rateLimits }: Pick<Ports, "rateLimits">,
	userId: string,
	itemIds: string[],
	routeClass: RouteClass,
	limits: Limits,
): Promise<{ allowed: string[]; waitSeconds?: number }> {
	// A request for work holds no slot: the pipeline's shares bound what runs at once.
	const limit = { ...rateLimitOf(limits, routeClass), parallel: null };
	const allowed: string[] = [];
	for (const itemId of itemIds) {
		const taken = await rateLimits.take(userId, limit, 1);
		if (!taken.allowed) return { allowed, waitSeconds: Math.max(taken.retryAfterSeconds, refillSeconds) };
		allowed.push(itemId);
		if (taken.remaining < limit.perMinute * keptPart) return { allowed, waitSeconds: refillSeconds };
	}
	return { allowed };
}
