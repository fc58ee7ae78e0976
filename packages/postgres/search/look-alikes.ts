import { cropWindows, type Hashes } from "#core/items/fingerprint.ts";
import { candidateBits, maxCandidates } from "#core/ports/index.ts";
import { duplicatePairs } from "#core/search/duplicate-pairs.ts";
import { isNearDuplicate } from "#core/search/near-duplicate.ts";
import type { Database } from "../database.ts";
import { hashFromBits } from "../rows.ts";
import { constant, type Sql, sql } from "../sql.ts";

/** An item's looks and text, as the driver returns them. */
export interface Looks {
	/** Zeros and ones. */
	perceptual_hash: string | null;
	/** Zeros and ones of all crops' hashes. */
	crop_hashes: string | null;
	luma: Buffer | null;
	extracted_text: string | null;
}

const hashBits = 64;
const positions = cropWindows.map((_, at) => at * hashBits);

/**
 * Returns an expression over columns of `items`: the distance in bits from an item, of the hashes or of one's hash and the
 * other's crops; null where either has no hash.
 */
export function distanceFrom({ perceptual_hash, crop_hashes }: Looks): Sql {
	const own = sql`${perceptual_hash}::bit(64)`;
	const toOwn = (hash: Sql) => sql`bit_count(${hash} # ${own})`;
	const crops = positions.map((at) => {
		const ownCrop = sql`${crop_hashes?.slice(at, at + hashBits) ?? null}::bit(64)`;
		const theirs = sql`substring(crop_hashes from ${constant(at + 1)} for ${constant(hashBits)})::bit(64)`;
		return sql`bit_count(perceptual_hash # ${ownCrop}), ${toOwn(theirs)}`;
	});
	const listed = crops.reduce((list, crop) => sql`${list}, ${crop}`, toOwn(sql`perceptual_hash`));
	return sql`least(${listed})::int`;
}

/** Finds the near-duplicates of an item. @returns their ids */
export async function findNearDuplicates(
	db: Database,
	userId: string,
	itemId: string,
	looks: Looks,
): Promise<string[]> {
	if (looks.perceptual_hash === null) return [];
	const rows = await db.query<Pick<Looks, "luma" | "extracted_text"> & { item_id: string; distance: number }>(
		lookAlikes(userId, itemId, looks),
	);
	const picture = pictureOf(looks);
	return rows.filter((row) => isNearDuplicate(picture, pictureOf(row), row.distance)).map(({ item_id }) => item_id);
}

const looksOf = (userId: string, itemIds: string[]) => sql`
	select items.id as item_id, perceptual_hash, crop_hashes, luma, extracted_text
	from items
	left join fingerprints on fingerprints.user_id = items.user_id and fingerprints.item_id = items.id
	left join documents on documents.user_id = items.user_id and documents.item_id = items.id
	where items.user_id = ${userId} and items.id = any(${itemIds}::uuid[]) and perceptual_hash is not null
	  and trashed_at is null`;

/** Finds the near-duplicates of each of some items among all of the user's. @returns pairs of ids, each once */
export async function findDuplicatesOf(db: Database, userId: string, itemIds: string[]): Promise<[string, string][]> {
	const rows = await db.query<Looks & { item_id: string }>(looksOf(userId, itemIds));
	const pairs = new Map<string, [string, string]>();
	for (const { item_id: id, ...looks } of rows) {
		for (const found of await findNearDuplicates(db, userId, id, looks)) {
			const pair: [string, string] = id < found ? [id, found] : [found, id];
			pairs.set(pair.join(), pair);
		}
	}
	return [...pairs.values()];
}

/** Finds among items those that are near-duplicates of each other. @returns pairs of their ids */
export async function findDuplicatePairs(db: Database, userId: string, itemIds: string[]): Promise<[string, string][]> {
	const rows = await db.query<Looks & { item_id: string }>(looksOf(userId, itemIds));
	return duplicatePairs(rows.map((row) => ({ id: row.item_id, hashes: hashesOf(row), ...pictureOf(row) })));
}

function hashesOf({ perceptual_hash, crop_hashes }: Looks): Hashes {
	return {
		perceptualHash: hashFromBits(perceptual_hash ?? "0"),
		cropHashes: crop_hashes === null ? null : positions.map((at) => hashFromBits(crop_hashes.slice(at, at + hashBits))),
	};
}

/**
 * Lists those of the user's items whose hashes are nearest, from an index of their own: an item that looks the same is
 * found before it has a vector, or an analysis.
 */
const lookAlikes = (userId: string, itemId: string, looks: Looks) => {
	const user = sql`${userId}`;
	return sql`
	with look_alikes as materialized (
	  select item_id, distance from (
	    select id as item_id, ${distanceFrom(looks)} as distance from items
	    where user_id = ${user} and id <> ${itemId} and perceptual_hash is not null and trashed_at is null
	    offset 0
	  ) as compared
	  where distance <= ${constant(candidateBits)}
	  order by distance, item_id
	  limit ${constant(maxCandidates)}
	)
	select look_alikes.item_id, distance, luma, extracted_text
	from look_alikes
	left join fingerprints on fingerprints.user_id = ${user} and fingerprints.item_id = look_alikes.item_id
	left join documents on documents.user_id = ${user} and documents.item_id = look_alikes.item_id`;
};

const pictureOf = ({ luma, extracted_text }: Pick<Looks, "luma" | "extracted_text">) => ({
	luma,
	extractedText: extracted_text,
});
