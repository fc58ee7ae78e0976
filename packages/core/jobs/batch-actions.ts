import { z } from "zod";
import { maxAlbumItems } from "../albums/album.ts";
import { AppError, albumIsSmart, albumNotFound, type ErrorCode, itemNotFound } from "../errors.ts";
import { derivedId } from "../ids.ts";
import { deleteItems } from "../items/delete-item.ts";
import type { RouteClass } from "../limits/limits.ts";
import { requestAnalysis } from "../pipeline/request-work.ts";
import type { Ports } from "../ports/index.ts";
import type { FailedItem } from "./job.ts";

export type BatchPorts = Pick<Ports, "items" | "albums" | "objects" | "requests" | "outbox" | "events"> &
	Partial<Pick<Ports, "sessions">>;

/** The items of one step by their outcome. */
export interface AppliedAction {
	done: string[];
	failed: FailedItem[];
}

interface BatchAction<Argument> {
	/** The fields beside `action` and the items. */
	argument: z.ZodType<Argument> & { shape: z.ZodRawShape };
	/** Each item takes a request of this class from the person's limits. */
	limit?: RouteClass;
	/** Refuses an argument before anything is done. @throws AppError */
	check?(ports: BatchPorts, userId: string, argument: Argument): Promise<void>;
	/** Applies the action to items. Safe to repeat: a job that crashed repeats its last step. */
	apply(
		ports: BatchPorts,
		userId: string,
		itemIds: string[],
		argument: Argument,
		/** Null at once, in the request. */
		jobId: string | null,
	): Promise<AppliedAction>;
}

const defineAction = <Argument>(action: BatchAction<Argument>) => action as BatchAction<unknown>;

const noArgument = z.strictObject({});
const albumArgument = z.strictObject({ album_id: z.uuid({ error: "Must be the id of an album" }) });

async function requirePlainAlbum({ albums }: BatchPorts, userId: string, albumId: string): Promise<void> {
	const found = await albums.find(userId, albumId);
	if (!found) throw albumNotFound(albumId);
	if (found.album.smart) throw albumIsSmart(albumId);
}

/** Every action of `POST /items/batch`. */
export const batchActions = {
	add_to_album: defineAction({
		argument: albumArgument,
		check: (ports, userId, { album_id }) => requirePlainAlbum(ports, userId, album_id),
		apply: (ports, userId, itemIds, { album_id }) =>
			toExisting(ports, userId, itemIds, (existing) =>
				ports.albums.putItems(userId, album_id, existing, { maxItems: maxAlbumItems }),
			),
	}),
	remove_from_album: defineAction({
		argument: albumArgument,
		check: (ports, userId, { album_id }) => requirePlainAlbum(ports, userId, album_id),
		apply: (ports, userId, itemIds, { album_id }) =>
			toExisting(ports, userId, itemIds, (existing) => ports.albums.removeItems(userId, album_id, existing)),
	}),
	analyze: defineAction({
		argument: z.strictObject({
			provider: z.string().max(100).nullish(),
			model: z.string().max(200).nullish(),
		}),
		limit: "expensive",
		apply: (ports, userId, itemIds, { provider, model }, jobId) =>
			toEach(itemIds, async (itemId) => {
				await requestAnalysis(ports, userId, itemId, {
					force: true,
					provider: provider ?? undefined,
					model: model ?? undefined,
					...(jobId && { requestId: derivedId(jobId, itemId) }),
				});
			}),
	}),
	delete: defineAction({
		argument: noArgument,
		async apply(ports, userId, itemIds, _, jobId) {
			const { missing } = await deleteItems(ports, userId, itemIds);
			// A job knows only items that were there: whatever deleted one meanwhile, perhaps its own step before a crash, it is gone.
			const failed = jobId ? [] : missing.map((itemId) => failure(itemId, itemNotFound(itemId)));
			return { done: itemIds.filter((id) => !failed.some(({ itemId }) => itemId === id)), failed };
		},
	}),
} satisfies Record<string, BatchAction<unknown>>;

export type BatchActionName = keyof typeof batchActions;
export const batchActionNames = Object.keys(batchActions) as BatchActionName[];

/** An action with its argument, as requests bring it and jobs keep it. */
export interface BatchWork {
	action: BatchActionName;
	argument: unknown;
}

/** The items of one step of a job. */
export const itemsPerStep = 20;

/** Applies an action to items. What fails because of the request fails for its items alone; any other error is thrown. */
export async function applyAction(
	ports: BatchPorts,
	userId: string,
	itemIds: string[],
	{ action, argument }: BatchWork,
	jobId: string | null,
): Promise<AppliedAction> {
	const { apply }: BatchAction<unknown> = batchActions[action];
	try {
		return await apply(ports, userId, itemIds, argument, jobId);
	} catch (error) {
		if (!isOfItem(error)) throw error;
		return { done: [], failed: itemIds.map((itemId) => failure(itemId, error)) };
	}
}

/** Does one thing to all items that exist; the others fail. */
async function toExisting(
	{ items }: BatchPorts,
	userId: string,
	itemIds: string[],
	work: (existing: string[]) => Promise<void>,
): Promise<AppliedAction> {
	const existing = new Set(await items.existing(userId, itemIds));
	const done = itemIds.filter((id) => existing.has(id));
	if (done.length > 0) await work(done);
	const missing = itemIds.filter((id) => !existing.has(id));
	return { done, failed: missing.map((itemId) => failure(itemId, itemNotFound(itemId))) };
}

/** Does something to each item, one after another. */
async function toEach(itemIds: string[], work: (itemId: string) => Promise<void>): Promise<AppliedAction> {
	const applied: AppliedAction = { done: [], failed: [] };
	for (const itemId of itemIds) {
		try {
			await work(itemId);
			applied.done.push(itemId);
		} catch (error) {
			if (!isOfItem(error)) throw error;
			applied.failed.push(failure(itemId, error));
		}
	}
	return applied;
}

const failure = (itemId: string, { code, message }: AppError): FailedItem => ({ itemId, code, detail: message });

/** The errors that trying again does not resolve. */
const ofItem: readonly ErrorCode[] = [
	"item_not_found",
	"item_failed",
	"album_not_found",
	"album_is_smart",
	"album_full",
];

const isOfItem = (error: unknown): error is AppError => error instanceof AppError && ofItem.includes(error.code);
