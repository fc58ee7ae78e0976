import { z } from "zod";
import { maxAlbumItems } from "../albums/album.ts";
import { AppError, albumIsSmart, albumNotFound, type ErrorCode, itemNotFound, tooManyTags } from "../errors.ts";
import { derivedId } from "../ids.ts";
import { albumId, text } from "../input-fields.ts";
import { deleteItems } from "../items/delete-item.ts";
import { editItem } from "../items/edit-item.ts";
import { entityTag } from "../items/entity-tag.ts";
import { distinctTags, maxTagLength, maxTags, tagKey } from "../items/tag-names.ts";
import type { RouteClass } from "../limits/limits.ts";
import { requestAnalysis } from "../pipeline/request-work.ts";
import type { Ports } from "../ports/index.ts";
import type { FailedItem } from "./job.ts";

export type BatchPorts = Pick<Ports, "items" | "edits" | "albums" | "objects" | "requests" | "outbox" | "events"> &
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
const albumArgument = z.strictObject({ album_id: albumId });

async function requirePlainAlbum({ albums }: BatchPorts, userId: string, albumId: string): Promise<void> {
	const found = await albums.find(userId, albumId);
	if (!found) throw albumNotFound(albumId);
	if (found.album.smart) throw albumIsSmart(albumId);
}

const tagsArgument = z.strictObject({
	tags: z
		.array(text(maxTagLength))
		.max(maxTags, { error: `Must have at most ${maxTags} tags` })
		.refine((names) => distinctTags(names).length > 0, { error: "Must have a tag" }),
});

/** Every action of `POST /items/batch`. */
export const batchActions = {
	tag: defineAction({
		argument: tagsArgument,
		apply: (ports, userId, itemIds, { tags }) =>
			toEach(itemIds, (itemId) => changeTags(ports, userId, itemId, (names) => distinctTags([...names, ...tags]))),
	}),
	untag: defineAction({
		argument: tagsArgument,
		apply: (ports, userId, itemIds, { tags }) => {
			const removed = new Set(tags.map(tagKey));
			return toEach(itemIds, (itemId) =>
				changeTags(ports, userId, itemId, (names) => names.filter((name) => !removed.has(tagKey(name)))),
			);
		},
	}),
	favorite: defineAction({
		argument: noArgument,
		apply: (ports, userId, itemIds) =>
			toEach(itemIds, async (itemId) => void (await editItem(ports, userId, itemId, { favorite: true }))),
	}),
	unfavorite: defineAction({
		argument: noArgument,
		apply: (ports, userId, itemIds) =>
			toEach(itemIds, async (itemId) => void (await editItem(ports, userId, itemId, { favorite: false }))),
	}),
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
			provider: text(100).nullish(),
			model: text(200).nullish(),
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

/** Items at once; a sandbox has two connections to the database. */
const parallelItems = 4;

/** Does something to each item, a few at once. */
async function toEach(itemIds: string[], work: (itemId: string) => Promise<void>): Promise<AppliedAction> {
	const failed: FailedItem[] = [];
	const attempt = async (itemId: string) => {
		try {
			await work(itemId);
		} catch (error) {
			if (!isOfItem(error)) throw error;
			failed.push(failure(itemId, error));
		}
	};
	for (let at = 0; at < itemIds.length; at += parallelItems) {
		await Promise.all(itemIds.slice(at, at + parallelItems).map(attempt));
	}
	const failedIds = new Set(failed.map(({ itemId }) => itemId));
	return { done: itemIds.filter((id) => !failedIds.has(id)), failed };
}

/** Another window changes an item's words in between seldom, and never so often. */
const maxChanges = 5;

/** Changes an item's tags by what they are; an item whose tags stay the same is left alone. */
async function changeTags(
	ports: BatchPorts,
	userId: string,
	itemId: string,
	change: (names: string[]) => string[],
): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		const found = await ports.items.find(userId, itemId);
		if (!found) throw itemNotFound(itemId);
		const tags = change(found.tags);
		if (tags.length > maxTags) throw tooManyTags(itemId, maxTags);
		if (tags.join("\n") === found.tags.join("\n")) return;
		try {
			await editItem(ports, userId, itemId, { tags }, [entityTag(found)]);
			return;
		} catch (error) {
			const isChanged = error instanceof AppError && error.code === "item_changed";
			if (!isChanged || attempt === maxChanges) throw error;
		}
	}
}

const failure = (itemId: string, { code, message }: AppError): FailedItem => ({ itemId, code, detail: message });

/** The errors that trying again does not resolve. */
const ofItem: readonly ErrorCode[] = [
	"item_not_found",
	"item_failed",
	"item_changed",
	"too_many_tags",
	"album_not_found",
	"album_is_smart",
	"album_full",
];

const isOfItem = (error: unknown): error is AppError => error instanceof AppError && ofItem.includes(error.code);
