import { randomUUID } from "node:crypto";
import { AppError, itemNotFound } from "../errors.ts";
import type { Analysis } from "../items/analysis.ts";
import type { Item } from "../items/item.ts";
import type { NewRequest, Ports } from "../ports/index.ts";
import { sendOutbox } from "./run-stage.ts";
import type { RequestError, WorkRequest } from "./work-request.ts";

type RequestPorts = Pick<Ports, "items" | "requests" | "outbox" | "events">;

export interface AnalysisOptions {
	/** A new analysis, though one is stored. */
	force: boolean;
	/** Whom to ask. @default the environment's provider, and that provider's model */
	provider?: string | undefined;
	model?: string | undefined;
}

/** How far a person's wish for an analysis is. */
export type AnalysisProgress =
	| { analysis: Analysis }
	/** The pipeline's first analysis is on its way. */
	| { item: Item }
	/** Asked of the analyzer. */
	| { request: WorkRequest };

/**
 * Gives the newest analysis of an item; where a new one is wanted, or an earlier try failed, asks the analyzer for it.
 *
 * @throws AppError `item_not_found`, `item_failed`
 */
export async function requestAnalysis(
	ports: RequestPorts,
	userId: string,
	itemId: string,
	{ force, provider = "", model = "" }: AnalysisOptions,
): Promise<AnalysisProgress> {
	const found = await ports.items.find(userId, itemId);
	if (!found) throw itemNotFound(itemId);
	const { item, latestAnalysis } = found;
	if (!force) {
		if (latestAnalysis) return { analysis: latestAnalysis };
		if (awaitsFirstAnalysis(item)) return { item };
	}
	return {
		request: await createRequest(ports, item, {
			kind: "analyze",
			provider: provider || null,
			model: model || null,
		}),
	};
}

/**
 * Asks the image-processor to make an item's derived images anew.
 *
 * @throws AppError `item_not_found`, `item_failed`
 */
export async function requestResize(
	ports: RequestPorts,
	userId: string,
	itemId: string,
): Promise<WorkRequest> {
	const found = await ports.items.find(userId, itemId);
	if (!found) throw itemNotFound(itemId);
	const wanted = { kind: "resize", provider: null, model: null } as const;
	return createRequest(ports, found.item, wanted);
}

/** Whether the pipeline will make the first analysis of the item without being asked. */
export function awaitsFirstAnalysis({ status }: Item): boolean {
	return ["pending", "uploaded", "processed"].includes(status);
}

/** What the person who waits for a failed request is told. */
export function requestFailed({ code, detail }: RequestError): AppError {
	const own = code === "provider_not_configured" || code === "model_not_found";
	return new AppError(own ? code : "request_failed", detail);
}

async function createRequest(
	ports: RequestPorts,
	item: Item,
	wanted: Pick<NewRequest, "kind" | "provider" | "model">,
): Promise<WorkRequest> {
	if (item.status === "failed" && item.width === null) {
		throw new AppError(
			"item_failed",
			`Nothing can be made of this image. ${item.error?.detail ?? ""}`.trim(),
		);
	}
	const { id: itemId, userId } = item;
	const request = await ports.requests.create({
		id: randomUUID(),
		itemId,
		userId,
		...wanted,
	});
	if (!request) throw itemNotFound(itemId);
	await sendOutbox(ports, { userId, itemId });
	return request;
}
