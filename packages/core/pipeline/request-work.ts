import { randomUUID } from "node:crypto";
import { AppError, itemNotFound } from "../errors.ts";
import type { Analysis } from "../items/analysis.ts";
import type { Item } from "../items/item.ts";
import type { NewRequest, Ports } from "../ports/index.ts";
import { comparedModels } from "./compared-models.ts";
import { sendOutbox } from "./send-events.ts";
import { permanentModelFailures, type RequestError, type WorkRequest } from "./work-request.ts";

type RequestPorts = Pick<Ports, "items" | "requests" | "outbox" | "events">;

interface AnalysisOptions {
	/** Makes a new analysis even if one exists. */
	force: boolean;
	/** @default the environment's provider, and that provider's model */
	provider?: string | undefined;
	model?: string | undefined;
	/** The same id requests the same analysis once, whatever became of it. @default a new one */
	requestId?: string;
}

/** The analysis, or what will make it. */
type AnalysisProgress =
	| { analysis: Analysis }
	/** The pipeline will make the first analysis of this item. */
	| { item: Item }
	/** The analyzer will make it for this request. */
	| { request: WorkRequest };

/**
 * Returns the newest analysis of an item; requests one from the analyzer by `force`, or where the first one failed.
 *
 * @throws AppError `item_not_found`, `item_failed`
 */
export async function requestAnalysis(
	ports: RequestPorts,
	userId: string,
	itemId: string,
	{ force, provider = "", model = "", requestId }: AnalysisOptions,
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
			id: requestId,
		}),
	};
}

/**
 * Requests from the analyzer that two models describe an item, for a comparison.
 *
 * @throws AppError `item_not_found`, `item_failed`
 */
export async function requestComparison(
	ports: RequestPorts,
	userId: string,
	itemId: string,
	models: readonly [string, string],
): Promise<WorkRequest> {
	const found = await ports.items.find(userId, itemId);
	if (!found) throw itemNotFound(itemId);
	return createRequest(ports, found.item, { kind: "compare", provider: null, model: comparedModels.write(models) });
}

/**
 * Requests from the image-processor that it derives an item's images again.
 *
 * @throws AppError `item_not_found`, `item_failed`
 */
export async function requestResize(ports: RequestPorts, userId: string, itemId: string): Promise<WorkRequest> {
	const found = await ports.items.find(userId, itemId);
	if (!found) throw itemNotFound(itemId);
	const work = { kind: "resize", provider: null, model: null } as const;
	return createRequest(ports, found.item, work);
}

/** Tells whether the pipeline will make the first analysis of the item by itself. */
export function awaitsFirstAnalysis({ status }: Item): boolean {
	return ["pending", "uploaded", "processed"].includes(status);
}

/** Converts the failure of a request to the error that its requester gets. */
export function requestFailed({ code, detail }: RequestError): AppError {
	const modelFailure = permanentModelFailures.find((permanent) => permanent === code);
	return new AppError(modelFailure ?? "request_failed", detail);
}

async function createRequest(
	ports: RequestPorts,
	item: Item,
	work: Pick<NewRequest, "kind" | "provider" | "model"> & { id?: string | undefined },
): Promise<WorkRequest> {
	if (item.status === "failed" && item.width === null) {
		throw new AppError("item_failed", `Nothing can be made of this image. ${item.error?.detail ?? ""}`.trim());
	}
	const { id: itemId, userId } = item;
	const request = await ports.requests.create({
		...work,
		id: work.id ?? randomUUID(),
		itemId,
		userId,
	});
	if (!request) throw itemNotFound(itemId);
	await sendOutbox(ports, { userId, itemId });
	return request;
}
