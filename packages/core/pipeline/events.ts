import { z } from "zod";

const version = z.literal(1);
const ofItem = {
	version,
	correlation_id: z.string(),
	item_id: z.uuid(),
	user_id: z.string().min(1),
};

/** The bytes of an original are in the bucket: starts (or restarts) the pipeline. */
export const originalStored = z.object({
	...ofItem,
	bucket: z.string(),
	original_key: z.string(),
});
export type OriginalStored = z.infer<typeof originalStored>;

export const imageProcessed = z.object({
	...ofItem,
	bucket: z.string(),
	original_key: z.string(),
	thumbnail_key: z.string(),
});
export type ImageProcessed = z.infer<typeof imageProcessed>;

export const analysisComplete = z.object({ ...ofItem, analysis_id: z.uuid() });
export type AnalysisComplete = z.infer<typeof analysisComplete>;

export const itemReady = z.object({ ...ofItem, analysis_id: z.uuid() });
export type ItemReady = z.infer<typeof itemReady>;

/** A person asked for work to be done again: the request's own row says how. */
export const analysisRequested = z.object({ ...ofItem, request_id: z.uuid() });
export type AnalysisRequested = z.infer<typeof analysisRequested>;

export const resizeRequested = z.object({ ...ofItem, request_id: z.uuid() });
export type ResizeRequested = z.infer<typeof resizeRequested>;

export const embeddingRequested = z.object({ ...ofItem, request_id: z.uuid() });
export type EmbeddingRequested = z.infer<typeof embeddingRequested>;

/** Every event of the pipeline, by its EventBridge detail type. */
export const eventSchemas = {
	OriginalStored: originalStored,
	ImageProcessed: imageProcessed,
	AnalysisComplete: analysisComplete,
	ItemReady: itemReady,
	AnalysisRequested: analysisRequested,
	ResizeRequested: resizeRequested,
	EmbeddingRequested: embeddingRequested,
} as const;
export type EventType = keyof typeof eventSchemas;
export type EventDetail<T extends EventType> = z.infer<
	(typeof eventSchemas)[T]
>;

/** An event that is committed with the result it announces and sent afterwards. */
export interface OutgoingEvent<T extends EventType = EventType> {
	/** Deterministic, so that the same result is announced once. */
	id: string;
	type: T;
	detail: EventDetail<T>;
}

/** EventBridge `source` of each function that publishes; rules and policies are made from it. */
export const eventSources = {
	api: "collections.api",
	imageProcessor: "collections.imageprocessor",
	analyzer: "collections.analyzer",
	embedder: "collections.embedder",
	cleanup: "collections.cleanup",
} as const;
export type EventSource = (typeof eventSources)[keyof typeof eventSources];

/**
 * Whose result an event announces. Whoever finds it unsent sends it under this source: rules match
 * sources, and an event that no rule matches is lost.
 */
export const announcedBy: Record<EventType, EventSource> = {
	OriginalStored: eventSources.cleanup,
	ImageProcessed: eventSources.imageProcessor,
	AnalysisComplete: eventSources.analyzer,
	ItemReady: eventSources.embedder,
	AnalysisRequested: eventSources.api,
	ResizeRequested: eventSources.api,
	EmbeddingRequested: eventSources.api,
};
