import { z } from "zod";
import type { Item } from "../items/item.ts";

const version = z.literal(1);
const itemFields = { version, correlation_id: z.string(), item_id: z.uuid(), user_id: z.string().min(1) };

/** The bytes of an original are in the bucket: starts, or restarts, the pipeline. */
export const originalStored = z.object({ ...itemFields, bucket: z.string(), original_key: z.string() });

export const imageProcessed = z.object({
	...itemFields,
	bucket: z.string(),
	original_key: z.string(),
	thumbnail_key: z.string(),
});
export type ImageProcessed = z.infer<typeof imageProcessed>;

export const analysisComplete = z.object({ ...itemFields, analysis_id: z.uuid() });
export type AnalysisComplete = z.infer<typeof analysisComplete>;

const itemReady = z.object({ ...itemFields, analysis_id: z.uuid() });

/** A person asked for work to be done again; the request's row holds the options. */
export const analysisRequested = z.object({ ...itemFields, request_id: z.uuid() });
export type AnalysisRequested = z.infer<typeof analysisRequested>;

export const resizeRequested = z.object({ ...itemFields, request_id: z.uuid() });
export type ResizeRequested = z.infer<typeof resizeRequested>;

export const embeddingRequested = z.object({ ...itemFields, request_id: z.uuid() });
export type EmbeddingRequested = z.infer<typeof embeddingRequested>;

/** A person's job has work to do. The row holds which; whose turn it is, the database says. */
export const jobDue = z.object({ version, correlation_id: z.string(), user_id: z.string().min(1), job_id: z.uuid() });

/** A person has announcements to deliver; the rows hold which. */
export const deliveriesDue = z.object({ version, correlation_id: z.string(), user_id: z.string().min(1) });

/** Returns the fields that every event of an item has. */
export function itemEventFields({ correlationId, id, userId }: Pick<Item, "correlationId" | "id" | "userId">) {
	return { version: 1 as const, correlation_id: correlationId, item_id: id, user_id: userId };
}

/** Every event of the pipeline, by its EventBridge detail type. */
export const eventSchemas = {
	OriginalStored: originalStored,
	ImageProcessed: imageProcessed,
	AnalysisComplete: analysisComplete,
	ItemReady: itemReady,
	AnalysisRequested: analysisRequested,
	ResizeRequested: resizeRequested,
	EmbeddingRequested: embeddingRequested,
	JobDue: jobDue,
	DeliveriesDue: deliveriesDue,
} as const;
export type EventType = keyof typeof eventSchemas;
/** The events of an item; the others are of a person. */
export type ItemEventType = Exclude<EventType, "JobDue" | "DeliveriesDue">;
type EventDetail<T extends EventType> = z.infer<(typeof eventSchemas)[T]>;

/** An event that is committed with the result it announces and sent afterwards. */
export interface OutgoingEvent<T extends EventType = ItemEventType> {
	/** Deterministic, so that the same result is announced once. */
	id: string;
	type: T;
	detail: EventDetail<T>;
}
