import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type SearchText, searchText } from "#core/items/analysis.ts";
import { maxTags, suggestedTags, tagKey } from "#core/items/tag-names.ts";
import { requestEvent, type WorkRequest } from "#core/pipeline/work-request.ts";
import type { Edits, ItemEdit } from "#core/ports/index.ts";
import {
	announce,
	owned,
	ownedItems,
	pendingRequest,
	pendingState,
	type Store,
	type StoredItem,
	withAnalysis,
} from "./store.ts";

export function fakeEdits(store: Store): Edits {
	return {
		async edit(userId, itemId, edit, check) {
			const stored = owned(store, userId, itemId);
			if (!stored) return null;
			check?.(withAnalysis(stored));
			const before = textOf(stored);
			setWords(stored, edit);
			if (edit.takenAt !== undefined) setTakenAt(stored, edit.takenAt);
			if (edit.tags !== undefined) {
				stored.removedTags.clear();
				stored.tags = (edit.tags ?? []).map((name) => ({ name: spelling(store, stored, name), source: "person" }));
				stored.item.edits.tags = edit.tags !== null;
				if (!edit.tags) suggestTags(store, stored, stored.analysis?.description.tags ?? []);
			}
			stored.item.updatedAt = new Date(store.now());
			if (!isDeepStrictEqual(textOf(stored), before)) followText(store, stored);
			return withAnalysis(stored);
		},
	};
}

/** Returns what is searched; null before the first analysis. */
export function textOf({ item, analysis, tags }: StoredItem): SearchText | null {
	return analysis && searchText(analysis.description, { ...item, tags: tags.map(({ name }) => name) });
}

/** Replaces the tags that a model has suggested, but for those that the person removed. */
export function suggestTags(store: Store, stored: StoredItem, names: string[]): void {
	const own = stored.tags.filter(({ source }) => source === "person");
	const known = new Set([...own.map(({ name }) => tagKey(name)), ...stored.removedTags]);
	const suggested = suggestedTags(names)
		.filter((name) => !known.has(tagKey(name)))
		.map((name) => ({ name: spelling(store, stored, name), source: "model" as const }));
	stored.tags = [...own, ...suggested].slice(0, maxTags);
}

/** A tag that the person's other items have keeps the spelling it has there. */
export function spelling(store: Store, { item }: StoredItem, name: string): string {
	const others = ownedItems(store, item.userId).filter((candidate) => candidate.item.id !== item.id);
	const same = others
		.flatMap(({ tags }) => tags)
		.find((tag) => tag.source === "person" && tagKey(tag.name) === tagKey(name));
	return same?.name ?? name;
}

function setWords({ item }: StoredItem, edit: ItemEdit): void {
	const { headline, summary, category, note, favorite } = edit;
	if (headline !== undefined) item.edits.headline = headline;
	if (summary !== undefined) item.edits.summary = summary;
	if (category !== undefined) item.edits.category = category;
	if (note !== undefined) item.note = note;
	if (favorite !== undefined) item.favorite = favorite;
}

function setTakenAt(stored: StoredItem, own: NonNullable<ItemEdit["takenAt"]> | null): void {
	const isOwn = stored.item.takenAt?.source === "user";
	const ofFile = isOwn ? stored.fileTakenAt : stored.item.takenAt;
	stored.item.takenAt = own ?? ofFile;
	stored.fileTakenAt = own && ofFile;
}

/** Makes document and vector follow the changed text. */
export function followText(store: Store, stored: StoredItem): void {
	const { item, requests } = stored;
	item.textRevision += 1;
	if (!stored.analysis) return;
	stored.document = textOf(stored);
	const isEmbedded = item.status === "ready" || item.status === "failed";
	const isBeingEmbedded = item.status === "analyzed" && stored.attempts > 0;
	const kind = { kind: "embed", provider: null, model: null } as const;
	let pending = pendingRequest(stored, kind);
	if (!pending && (isEmbedded || isBeingEmbedded)) {
		const now = store.now();
		const request: WorkRequest = {
			id: randomUUID(),
			itemId: item.id,
			userId: item.userId,
			...kind,
			...pendingState(now),
		};
		pending = { request, attempts: 0, touchedAt: now, sweptAt: now, deferredUntil: null };
		requests.push(pending);
	}
	if (!pending) return;
	pending.attempts = 0;
	announce(stored, requestEvent(pending.request, item.correlationId), store.now());
}
