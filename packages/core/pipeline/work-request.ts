import { derivedId } from "../ids.ts";
import type { ItemErrorCode } from "../items/item.ts";
import type { EventType, OutgoingEvent } from "./events.ts";

/** What a person may ask to be done again for an item. */
export const requestKinds = ["analyze", "resize", "embed"] as const;
export type RequestKind = (typeof requestKinds)[number];

export const requestStatuses = ["pending", "done", "failed"] as const;
export type RequestStatus = (typeof requestStatuses)[number];

/** Failures of a model that only whoever runs the environment, or another request, can mend. */
export const permanentModelFailures = [
	"provider_not_configured",
	"model_not_found",
] as const;

/** Why a request ended `failed`; the item stays what it was. */
export interface RequestError {
	code: ItemErrorCode | (typeof permanentModelFailures)[number];
	/** A sentence for the item's owner. */
	detail: string;
}

/** One piece of work that a person asked for; the stage's own function does it under the item's lease. */
export interface WorkRequest {
	id: string;
	itemId: string;
	userId: string;
	kind: RequestKind;
	/** Whom to ask; null for the environment's own. */
	provider: string | null;
	model: string | null;
	status: RequestStatus;
	error: RequestError | null;
	/** What came of an `analyze` that is done. */
	analysisId: string | null;
	createdAt: Date;
	finishedAt: Date | null;
}

const eventTypeOf = {
	analyze: "AnalysisRequested",
	resize: "ResizeRequested",
	embed: "EmbeddingRequested",
} as const satisfies Record<RequestKind, EventType>;

/** The event by which a waiting request reaches its stage; the same one however often it is made. */
export function requestEvent(
	{ id, kind, itemId, userId }: WorkRequest,
	correlationId: string,
): OutgoingEvent<(typeof eventTypeOf)[RequestKind]> {
	const type = eventTypeOf[kind];
	return {
		id: derivedId(id, type),
		type,
		detail: {
			version: 1,
			correlation_id: correlationId,
			item_id: itemId,
			user_id: userId,
			request_id: id,
		},
	};
}
