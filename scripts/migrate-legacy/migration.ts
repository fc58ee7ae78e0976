import { PermanentFailure } from "#core/errors.ts";
import { derivedId } from "#core/ids.ts";
import { sniffImageType } from "#core/items/image-type.ts";
import { originalKey, thumbnailKey, visionKey } from "#core/items/item.ts";
import { takenAtOfFilename } from "#core/items/taken-at.ts";
import { removeObjects } from "#core/pipeline/process-image.ts";
import type { Images, Objects } from "#core/ports/index.ts";
import type { Database } from "#postgres/database.ts";
import { postgresItems } from "#postgres/items/items.ts";
import { postgresMigratedItems } from "#postgres/items/migrated-items.ts";
import { bytesOf, type Source, type SourceItem } from "./source.ts";

/** Where the predecessor's data goes. */
export interface Destination {
	userId: string;
	database: Database;
	objects: Objects;
}

export interface MigrationCounts {
	written: number;
	/** An earlier run wrote them. */
	present: number;
	/** The person deleted them since. */
	deleted: number;
	/** The person has the same bytes already: kept as duplicates of these. */
	duplicates: number;
	withoutVector: number;
	/** They have no analysis: the environment describes them, as any upload. */
	withoutAnalysis: number;
}

/** Marks what this migration wrote: a later run knows it again, and a rollback removes nothing else. */
export const markOf = (userId: string, itemId: string) => derivedId("migrate-legacy", userId, itemId);

const withMarks = (userId: string, items: SourceItem[]) =>
	items.map(({ id, analyses }) => ({
		id,
		correlationId: markOf(userId, id),
		analysisIds: analyses.map((analysis) => analysis.id),
	}));

/** How many pictures are derived at once. */
const concurrent = 4;

/**
 * Writes what an earlier run has not written. An item's derived images come first, then its rows in one transaction, then
 * its original: whatever ends the run, the next one completes it.
 */
export async function migrate(
	{ items, problems }: Source,
	{ userId, database, objects }: Destination,
	images: Images,
	update: (done: number, total: number) => void,
): Promise<MigrationCounts> {
	const migrated = postgresMigratedItems(database);
	const counts = { written: 0, present: 0, deleted: 0, duplicates: 0, withoutVector: 0, withoutAnalysis: 0 };
	const states = await migrated.states(userId, withMarks(userId, items));

	async function prepared(item: SourceItem) {
		const state = states.get(item.id);
		if (state === "deleted") counts.deleted++;
		else if (state === "foreign") {
			problems.push(`Item ${item.id}: the person has another item of this id, which no migration wrote.`);
		} else {
			const bytes = bytesOf(item);
			const mimeType = sniffImageType(bytes);
			if (state === "migrated" && mimeType) return { item, state, bytes, mimeType };
			try {
				if (!mimeType) throw new Error(`${item.file} is no picture that an item can have`);
				return { item, state: "absent" as const, bytes, mimeType, image: await images.derive(bytes) };
			} catch (error) {
				const reason = error instanceof PermanentFailure ? error.error.detail : (error as Error).message;
				problems.push(`Item ${item.id}: ${reason}.`);
			}
		}
		return null;
	}

	async function write(next: NonNullable<Awaited<ReturnType<typeof prepared>>>): Promise<void> {
		const { item, bytes, mimeType } = next;
		const key = originalKey({ id: item.id, userId, mimeType });
		if (next.state === "migrated") {
			counts.present++;
			const found = await postgresItems(database).find(userId, item.id);
			if (found?.item.error?.code !== "duplicate" && !(await objects.exists(key)))
				await objects.put(key, bytes, mimeType);
			return;
		}
		const { thumbnail, vision, ...image } = next.image;
		image.takenAt ??= takenAtOfFilename(item.originalFilename, item.createdAt);
		await objects.put(thumbnailKey(userId, item.id), thumbnail, "image/webp");
		await objects.put(visionKey(userId, item.id), vision, "image/jpeg");
		const status = await migrated.write({
			...item,
			userId,
			mimeType,
			fileSize: bytes.length,
			image,
			correlationId: markOf(userId, item.id),
		});
		if (status === null) {
			problems.push(`Item ${item.id}: its id belongs to an item of another person in this environment.`);
			await removeObjects({ objects }, userId, item.id);
			return;
		}
		counts.written++;
		if (status === "duplicate") {
			counts.duplicates++;
			await removeObjects({ objects }, userId, item.id);
			return;
		}
		if (status === "processed") counts.withoutAnalysis++;
		else if (!item.vector) counts.withoutVector++;
		await objects.put(key, bytes, mimeType);
	}

	for (let at = 0; at < items.length; at += concurrent) {
		const ready = await Promise.all(items.slice(at, at + concurrent).map(prepared));
		for (const next of ready) if (next) await write(next);
		update(Math.min(at + concurrent, items.length), items.length);
	}
	return counts;
}

/** Removes the rows and objects that migrations of this source wrote. An item that the person has worked with since stays. */
export async function rollBack(
	{ items }: Source,
	{ userId, database, objects }: Destination,
	update: (done: number, total: number) => void,
): Promise<{ removed: string[]; kept: string[] }> {
	const { removed, kept } = await postgresMigratedItems(database).remove(userId, withMarks(userId, items));
	// A run that was ended may have left objects of items that it had no rows of yet.
	const present = new Set(
		await postgresItems(database).existing(
			userId,
			items.map(({ id }) => id),
		),
	);
	const without = items.filter(({ id }) => !present.has(id));
	for (const [index, { id }] of without.entries()) {
		await removeObjects({ objects }, userId, id);
		update(index + 1, without.length);
	}
	return { removed, kept };
}
