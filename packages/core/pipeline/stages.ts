import type { ItemStatus } from "../items/item.ts";
import type { EventType, ItemEventType } from "./events.ts";

export type { EventType };

/** A function that works off a queue: rules > queue > function. */
export interface QueueFunction {
	/** Begins the names of its resources and outputs, and is its key in `cdk.json`: `ImageProcessor`, `imageProcessor`. */
	id: string;
	/** Its folder in `lambdas/`. */
	lambda: string;
	/** The events that start it, by the name of their EventBridge rule. */
	rules: Readonly<Record<string, EventType | "upload">>;
	/** The maximum number of messages in one invocation. */
	batchSize: number;
	/** MB; `cdk.json` may differ, as for the two below. */
	memory: number;
	/** Seconds. */
	timeout: number;
	/** The maximum number of concurrent invocations; AWS requires at least 2 for a queue. */
	concurrency: number;
}

/** One stage of the pipeline. */
export interface Stage extends QueueFunction {
	/** The stage turns an item of one of these statuses into `to`. */
	from: readonly ItemStatus[];
	to: ItemStatus;
	/** The event that starts the stage of a stalled item again; its fields are among those that `sweep.ts` knows of an item. */
	restart: ItemEventType;
	/** Groups of variables in `packages/lambda-kit/env.ts`, beside those that every stage has. */
	env: readonly string[];
	/** The access of its function to objects of the bucket. @default none */
	objects?: ObjectAccess;
	/** Seconds for which an image is billed, assumed from runs on one machine; a provider takes longer than this machine. */
	billedSeconds: BilledSeconds;
}

type KeyPrefixes = readonly ("originals/" | "derived/")[];

/** Access to the bucket's objects, by how their keys begin. */
export interface ObjectAccess {
	read?: KeyPrefixes;
	/** It reads versions before the current one, too. */
	readVersions?: true;
	write?: KeyPrefixes;
	/** Version by version. */
	delete?: KeyPrefixes;
}

export type BilledSeconds = number | { offline: number; provider: number };

/** Every stage of the pipeline, in order: stacks, bundles, costs, outputs, dashboard, checks and simulation read it. */
export const stages = {
	process: {
		id: "ImageProcessor",
		lambda: "image-processor",
		from: ["pending", "uploaded"],
		to: "processed",
		rules: {
			/** S3's own event. The default bus carries every bucket of the account: the rule names ours and `originals/`. */
			Uploaded: "upload",
			Retried: "OriginalStored",
			ResizeRequested: "ResizeRequested",
		},
		restart: "OriginalStored",
		env: ["bucket"],
		objects: {
			// What was uploaded, and what came after it under the same key.
			read: ["originals/"],
			readVersions: true,
			// Thumbnail and vision image.
			write: ["derived/"],
			// Duplicates, and the images of an item deleted meanwhile.
			delete: ["originals/", "derived/"],
		},
		// A decode may take most of an invocation: a second message behind it would time out and come again.
		batchSize: 1,
		memory: 1024,
		timeout: 60,
		concurrency: 2,
		billedSeconds: 1,
	},
	analyze: {
		id: "Analyzer",
		lambda: "analyzer",
		from: ["processed"],
		to: "analyzed",
		rules: {
			ImageProcessed: "ImageProcessed",
			AnalysisRequested: "AnalysisRequested",
		},
		restart: "ImageProcessed",
		env: ["bucket", "vision", "checkpoints"],
		// The vision image, and the text of the original.
		objects: { read: ["originals/", "derived/"] },
		// A description takes seconds to minutes: one slow image must not hold back another.
		batchSize: 1,
		memory: 1024,
		timeout: 300,
		concurrency: 2,
		billedSeconds: { offline: 3, provider: 15 },
	},
	embed: {
		id: "Embedder",
		lambda: "embedder",
		from: ["analyzed"],
		to: "ready",
		rules: {
			AnalysisComplete: "AnalysisComplete",
			EmbeddingRequested: "EmbeddingRequested",
		},
		restart: "AnalysisComplete",
		env: ["embedding", "checkpoints"],
		batchSize: 5,
		memory: 512,
		timeout: 60,
		concurrency: 2,
		billedSeconds: 0.7,
	},
} as const satisfies Record<string, Stage>;
export type StageName = keyof typeof stages;
export const stageNames = Object.keys(stages) as StageName[];

/** The function that works off jobs (`packages/core/jobs`), slice by slice. */
export const jobWorker = {
	id: "Jobs",
	lambda: "jobs",
	rules: { Due: "JobDue" },
	// A message stands for one slice, and the next one for another person's.
	batchSize: 1,
	memory: 512,
	timeout: 60,
	concurrency: 2,
} as const satisfies QueueFunction;

/** The function that delivers to people's webhooks (`packages/core/webhooks`), person by person. */
export const webhookWorker = {
	id: "Webhooks",
	lambda: "webhooks",
	rules: { Due: "DeliveriesDue" },
	// A receiver that hangs must not hold back another person's.
	batchSize: 1,
	memory: 256,
	timeout: 60,
	concurrency: 2,
} as const satisfies QueueFunction;

/** Every function that works off a queue: what belongs to a queue is made for each. */
export const queueFunctions = [...stageNames.map((name) => stages[name]), jobWorker, webhookWorker] as const;

/** The statuses in which an item waits for a stage. An item `pending` waits for its owner's upload. */
export const queuedStatuses: readonly ItemStatus[] = stageNames
	.flatMap((name): readonly ItemStatus[] => stages[name].from)
	.filter((status) => status !== "pending");

/** The number of deliveries after which a message becomes a dead letter. */
export const maxReceiveCount = 5;

/** EventBridge `source` of each function that publishes. */
export const eventSources = {
	api: "collections.api",
	process: "collections.imageprocessor",
	analyze: "collections.analyzer",
	embed: "collections.embedder",
	cleanup: "collections.cleanup",
} as const satisfies Record<StageName | "api" | "cleanup", string>;
export type EventSource = (typeof eventSources)[keyof typeof eventSources];

/**
 * The function whose result an event announces. Whoever finds the event unsent sends it under this source:
 * rules match sources, and an event that no rule matches is lost.
 */
export const announcedBy: Record<EventType, EventSource> = {
	OriginalStored: eventSources.cleanup,
	ImageProcessed: eventSources.process,
	AnalysisComplete: eventSources.analyze,
	ItemReady: eventSources.embed,
	AnalysisRequested: eventSources.api,
	ResizeRequested: eventSources.api,
	EmbeddingRequested: eventSources.api,
	JobDue: eventSources.api,
	DeliveriesDue: eventSources.api,
};

/** The sources that a rule for an event matches: its announcer, and the sweeper, which sends lost events again. */
export function sourcesOf(event: EventType): EventSource[] {
	return [...new Set([announcedBy[event], eventSources.cleanup])];
}
