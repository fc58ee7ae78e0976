import type { ArchivePart } from "#core/archive/archive.ts";
import { archivedItemOf, vectorOf } from "#core/archive/archived-item.ts";
import { derivedId } from "#core/ids.ts";
import type { Analysis } from "#core/items/analysis.ts";
import { cleanTag, tagKey } from "#core/items/tag-names.ts";
import { takenAt } from "#core/items/taken-at.ts";
import { usageFromJson } from "#core/items/usage-json.ts";
import type { Archives, Tar } from "#core/ports/index.ts";
import { owned, ownedItems, type Store, type StoredItem } from "./store.ts";

export function fakeArchives(store: Store): Archives {
	const partsOf = (userId: string, jobId: string) => {
		const stored = store.jobs.get(jobId);
		return stored?.job.userId === userId ? stored.parts : new Map<string, ArchivePart>();
	};
	return {
		async itemIds(userId, limit) {
			return ownedItems(store, userId)
				.filter(({ item: { status, error } }) => status !== "pending" && !isWithoutPicture(error?.code))
				.sort((a, b) => a.item.createdAt.getTime() - b.item.createdAt.getTime() || (a.item.id < b.item.id ? -1 : 1))
				.slice(0, limit)
				.map(({ item }) => item.id);
		},
		async items(userId, itemIds) {
			return itemIds.flatMap((id) => {
				const stored = owned(store, userId, id);
				return stored ? [archived(stored)] : [];
			});
		},
		async addWords(userId, itemId, archived) {
			const stored = owned(store, userId, itemId);
			if (stored?.item.status !== "pending" || stored.analysis) return;
			store.tombstones.delete(itemId);
			stored.analyses = archived.analyses
				.map(
					({ id, provider, model, trace_id, usage, verification, created_at, ...more }): Analysis => ({
						...structuredClone(more),
						id: derivedId(userId, id),
						itemId,
						userId,
						providerUsed: provider,
						modelUsed: model,
						traceId: trace_id,
						usage: usage.map(usageFromJson),
						...(verification && { verification: structuredClone(verification) }),
						createdAt: new Date(created_at),
					}),
				)
				.sort((a, b) => b.version - a.version);
			stored.analysis = stored.analyses[0] ?? null;
			const { item } = stored;
			const { taken_at: taken, edits, note, favorite } = archived;
			const now = new Date(store.now());
			const created = new Date(archived.created_at);
			Object.assign(item, {
				edits: { ...edits },
				note,
				favorite,
				takenAt: taken?.source === "user" ? takenAt(taken.local, taken.offset, "user") : null,
				trashedAt: archived.trashed_at && now,
				createdAt: created < now ? created : now,
			});
			const tags = archived.tags.map((tag) => ({ ...tag, name: cleanTag(tag.name) })).filter(({ name }) => name);
			stored.tags = [...new Map(tags.toReversed().map((tag) => [tagKey(tag.name), tag])).values()].reverse();
			stored.removedTags = new Set(archived.removed_tags.map(tagKey));
			const newest = archived.analyses.toSorted((a, b) => b.version - a.version)[0];
			for (const { model, analysis_id, vector } of archived.embeddings) {
				if (!newest || analysis_id !== newest.id) continue;
				const analysisId = derivedId(userId, analysis_id);
				stored.embeddings.set(model, { model, analysisId, textRevision: 0, vector: vectorOf(vector), usage: [] });
			}
		},
		async albums(userId) {
			return [...store.albums.values()]
				.filter(({ album }) => album.userId === userId)
				.map(({ album, itemIds }) => ({
					id: album.id,
					name: album.name,
					description: album.description,
					cover_item_id: album.coverItemId,
					smart: structuredClone(album.smart),
					created_at: album.createdAt.toISOString(),
					item_ids: itemIds.filter((id) => owned(store, userId, id)),
				}));
		},
		async putPart(userId, jobId, part) {
			partsOf(userId, jobId).set(part.name, structuredClone(part));
		},
		async parts(userId, jobId) {
			return sorted(partsOf(userId, jobId)).map(({ entries: _, ...part }) => part);
		},
		async entries(userId, jobId) {
			return sorted(partsOf(userId, jobId)).flatMap(({ name, entries }) =>
				entries.map((entry) => ({ ...entry, part: name })),
			);
		},
		async otherJobs(userId, jobId) {
			const others = [...store.jobs.values()].filter(({ job, parts }) => job.userId === userId && parts.size > 0);
			return others.map(({ job }) => job.id).filter((id) => id !== jobId);
		},
		async forgetParts(userId, jobId) {
			partsOf(userId, jobId).clear();
		},
	};
}

const sorted = (parts: Map<string, ArchivePart>) =>
	structuredClone([...parts.values()]).sort((a, b) => (a.name < b.name ? -1 : 1));

const isWithoutPicture = (code: string | undefined) => code === "duplicate" || code === "upload_missing";

const archived = ({ item, analyses, tags, removedTags, embeddings }: StoredItem) =>
	archivedItemOf(item, {
		analyses,
		tags,
		removedTags,
		vectors: [...embeddings.values()].map(({ model, analysisId, vector }) => ({
			model,
			analysisId,
			numbers: vector,
			createdAt: item.updatedAt,
		})),
	});

/** Joins files without the format of tar, which is tested with the real one. */
export const fakeTar: Tar = {
	async pack(files) {
		return Buffer.concat(files.flatMap(({ path, bytes }) => [Buffer.from(`${path} ${bytes.length}\n`), bytes]));
	},
};
