import { createHash } from "node:crypto";
import { PermanentFailure } from "../errors.ts";
import { derivedId } from "../ids.ts";
import { sniffImageType } from "../items/image-type.ts";
import { itemPrefixes, originalKey, parseOriginalKey, thumbnailKey, visionKey } from "../items/item.ts";
import { takenAtOfFilename } from "../items/taken-at.ts";
import type { Ports } from "../ports/index.ts";
import { itemEventFields } from "./events.ts";
import { originalMissing } from "./item-errors.ts";
import { runStage, type StageOptions, type StageOutcome } from "./run-stage.ts";

/** A version of an original, as storage announces it. */
export interface StoredVersion {
	id: string;
	/** Equal for equal bytes. */
	etag: string;
}

/**
 * Derives the thumbnail, the image for the vision model and the EXIF fields from an original, decoded once. The newest
 * version is read; `announced` is the one of its event.
 */
export async function processImage(
	ports: Pick<Ports, "items" | "stages" | "outbox" | "events" | "objects" | "images">,
	{ key, announced }: { key: string; announced?: StoredVersion },
	options: StageOptions,
): Promise<StageOutcome> {
	const { objects, images, stages } = ports;
	const owner = parseOriginalKey(key);
	if (!owner) return "skipped";
	const { userId, itemId } = owner;

	const outcome = await runStage(ports, "process", { userId, itemId }, options, async ({ lease, item }) => {
		if (key !== originalKey(item)) return false; // announced as another type meanwhile
		const original = await objects.get(key);
		if (!original) {
			throw new PermanentFailure(originalMissing);
		}
		const type = sniffImageType(original);
		if (type && type !== item.mimeType) {
			throw new PermanentFailure({
				code: "other_type",
				detail: `The file is ${type} and was announced as ${item.mimeType}: announce it as ${type} and upload it again.`,
			});
		}
		const { thumbnail, vision, ...result } = await images.derive(original);
		result.takenAt ??= takenAtOfFilename(item.originalFilename, item.createdAt);
		await objects.put(thumbnailKey(userId, itemId), thumbnail, "image/webp");
		await objects.put(visionKey(userId, itemId), vision, "image/jpeg");
		return stages.commitProcessed(lease, result, {
			id: derivedId(lease.token, "ImageProcessed"),
			type: "ImageProcessed",
			detail: {
				...itemEventFields(item),
				bucket: objects.bucket,
				original_key: key,
				thumbnail_key: thumbnailKey(userId, itemId),
			},
		});
	});
	if (outcome === "gone") await removeObjects(ports, userId, itemId);
	if (outcome === "committed") await removeDuplicate(ports, userId, itemId);
	if (outcome === "skipped") {
		await removeDuplicate(ports, userId, itemId);
		if (announced && !(await removeRepeatedVersion(ports, key, announced))) {
			await removeUnprocessedVersion(ports, owner, { key, versionId: announced.id });
		}
	}
	return outcome;
}

/**
 * Removes a version that repeats an older one: a form can be used again and again until it expires, and each use is a
 * version and an event. The oldest of equal versions always stays, in whatever order their events come.
 */
async function removeRepeatedVersion(
	{ objects }: Pick<Ports, "objects">,
	key: string,
	{ id, etag }: StoredVersion,
): Promise<boolean> {
	if (!(await objects.isRepeated(key, id, etag))) return false;
	await objects.deleteVersion(key, id);
	return true;
}

/** Removes the objects of a duplicate. Its row stays and names the original item. */
async function removeDuplicate(
	{ items, objects }: Pick<Ports, "items" | "objects">,
	userId: string,
	itemId: string,
): Promise<void> {
	const found = await items.find(userId, itemId);
	if (found && found.item.error?.code !== "duplicate") return;
	await removeObjects({ objects }, userId, itemId);
}

/** Removes a version that was not processed: a form can be used twice, and an older form after a newer one. */
async function removeUnprocessedVersion(
	{ items, objects }: Pick<Ports, "items" | "objects">,
	{ userId, itemId }: { userId: string; itemId: string },
	{ key, versionId }: { key: string; versionId: string },
): Promise<void> {
	const item = (await items.find(userId, itemId))?.item;
	if (!item) return;
	if (key === originalKey(item)) {
		if (item.width === null) return;
		const late = await objects.get(key, versionId);
		if (!late) return;
		const digest = createHash("sha256").update(late).digest("hex");
		if (digest === item.sha256) return;
	}
	await objects.deleteVersion(key, versionId);
}

/** Removes every object of an item, also those that arrive or are derived after its deletion. */
export async function removeObjects(
	{ objects }: Pick<Ports, "objects">,
	userId: string,
	itemId: string,
): Promise<void> {
	for (const prefix of itemPrefixes(userId, itemId)) {
		await objects.deleteAll(prefix);
	}
}
