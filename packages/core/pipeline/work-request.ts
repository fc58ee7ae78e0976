import { derivedId } from "../ids.ts";
import type { ItemErrorCode } from "../items/item.ts";
import type { ModelComparison } from "../verification/comparison.ts";
import { type EventType, itemEventFields, type OutgoingEvent } from "./events.ts";
import type { StageName } from "./stages.ts";

/** The work that a person may request for an item. */
export const requestKinds = ["analyze", "resize", "embed", "compare"] as const;
export type RequestKind = (typeof requestKinds)[number];

/** The stage that does each kind of work. */
export const stageOf: Record<RequestKind, StageName> = {
	analyze: "analyze",
	resize: "process",
	embed: "embed",
	compare: "analyze",
};

export const requestStatuses = ["pending", "done", "failed"] as const;
export type RequestStatus = (typeof requestStatuses)[number];

/** Failures of a model that no retry resolves: the environment, or the request, must change. */
export const permanentModelFailures = [
	"provider_not_configured",
	"model_gone",
	"provider_not_available",
	"model_not_found",
] as const;

/** Why a request ended `failed`; the item stays what it was. */
export interface RequestError {
	code: ItemErrorCode | (typeof permanentModelFailures)[number];
	/** A sentence for the item's owner. */
	detail: string;
}

/** Work that a person requested for an item. The stage's function does it under the item's lease. */
export interface WorkRequest {
	id: string;
	itemId: string;
	userId: string;
	kind: RequestKind;
	/** Null for the environment's provider. */
	provider: string | null;
	/** Of a `compare` both models. */
	model: string | null;
	status: RequestStatus;
	error: RequestError | null;
	/** The result of an `analyze` that is done. */
	analysisId: string | null;
	/** The result of a `compare` that is done. */
	comparison: ModelComparison | null;
	createdAt: Date;
	finishedAt: Date | null;
}

const eventTypeOf = {
	analyze: "AnalysisRequested",
	resize: "ResizeRequested",
	embed: "EmbeddingRequested",
	compare: "AnalysisRequested",
} as const satisfies Record<RequestKind, EventType>;

/** Builds the event by which a pending request reaches its stage; every call returns the same event. */
export function requestEvent(
	{ id, kind, itemId, userId }: WorkRequest,
	correlationId: string,
): OutgoingEvent<(typeof eventTypeOf)[RequestKind]> {
	const type = eventTypeOf[kind];
	return {
		id: derivedId(id, type),
		type,
		detail: { ...itemEventFields({ correlationId, id: itemId, userId }), request_id: id },
	};
}
