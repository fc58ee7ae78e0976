import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { maxShares, type Share } from "#core/shares/share.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { processedItem, readyItem, uploaded } from "./item-states.ts";
import { newUser } from "./new-rows.ts";
import { newShare } from "./shares.ts";

const db = (await migratedDatabase()).connect(2);
const ports = postgresPorts(db);

/** An album of these items, in this order. */
async function album(userId: string, itemIds: string[], smart: object | null = null): Promise<string> {
	const id = randomUUID();
	await db.query("insert into albums (user_id, id, name, smart) values ($1, $2, $3, $4)", [
		userId,
		id,
		"Summer",
		smart && JSON.stringify(smart),
	]);
	for (const [position, itemId] of itemIds.entries()) {
		await db.query("insert into album_items (user_id, album_id, item_id, position) values ($1, $2, $3, $4)", [
			userId,
			id,
			itemId,
			position * 10,
		]);
	}
	return id;
}

async function shared(userId: string, albumId: string): Promise<Share> {
	const share = await ports.shares.create(newShare(userId, { albumId }));
	if (!share) throw new Error("The album cannot be shared.");
	return share;
}

const idsOf = async (share: Share, offset = 0, limit = 10) =>
	(await ports.shares.page(share, { offset, limit }))?.pictures.map(({ itemId }) => itemId);

describe(`a shared album on ${contractDatabase.title}`, () => {
	it("shows its pictures in its order, page by page, under its name", async () => {
		const user = newUser();
		const items = [];
		for (let count = 0; count < 5; count += 1) items.push((await processedItem(ports, user)).id);
		const order = items.toReversed();
		const share = await shared(user, await album(user, order));
		expect(await ports.shares.page(share, { offset: 0, limit: 10 })).toMatchObject({ albumName: "Summer", total: 5 });
		expect(await idsOf(share)).toEqual(order);
		expect(await idsOf(share, 3, 2)).toEqual(order.slice(3));
		expect(await idsOf(share, 9)).toEqual([]);
		expect(await ports.shares.page(share, { offset: 9, limit: 10 })).toMatchObject({ total: 5 });
		expect(await ports.shares.picture(share, order[2] ?? "")).toMatchObject({ place: 2 });
	});

	it("shows nothing of items that are deleted, in the trash, not processed, or taken out of it", async () => {
		const user = newUser();
		const waiting = await uploaded(ports, user);
		const [gone, trashed, taken, seen] = [
			await processedItem(ports, user),
			await processedItem(ports, user),
			await processedItem(ports, user),
			await processedItem(ports, user),
		];
		const albumId = await album(
			user,
			[waiting, gone, trashed, taken, seen].map(({ id }) => id),
		);
		const share = await shared(user, albumId);
		await ports.items.delete(user, gone.id);
		await db.query("update items set trashed_at = now() where user_id = $1 and id = $2", [user, trashed.id]);
		await db.query("delete from album_items where user_id = $1 and item_id = $2", [user, taken.id]);
		expect(await idsOf(share)).toEqual([seen.id]);
		for (const { id } of [waiting, gone, trashed, taken]) expect(await ports.shares.picture(share, id)).toBeNull();
		expect(await ports.shares.picture(share, seen.id)).toMatchObject({ place: 0 });
	});

	it("ends with the album", async () => {
		const user = newUser();
		const albumId = await album(user, []);
		const share = await shared(user, albumId);
		await db.query("delete from albums where user_id = $1 and id = $2", [user, albumId]);
		expect(await ports.shares.page(share, { offset: 0, limit: 1 })).toBeNull();
		expect(await ports.shares.list(user)).toEqual([]);
	});

	it("is nobody else's, and not a smart one", async () => {
		const user = newUser();
		const albumId = await album(user, []);
		expect(await ports.shares.create(newShare(newUser(), { albumId }))).toBeNull();
		const smart = await album(user, [], { query: "beach" });
		await expect(ports.shares.create(newShare(user, { albumId: smart }))).rejects.toMatchObject({
			code: "album_is_smart",
		});
	});

	it("cannot show another person's items, whatever a row says", async () => {
		const [user, stranger] = [newUser(), newUser()];
		const foreign = await processedItem(ports, stranger);
		const albumId = await album(user, []);
		await expect(
			db.query("insert into album_items (user_id, album_id, item_id, position) values ($1, $2, $3, 0)", [
				user,
				albumId,
				foreign.id,
			]),
		).rejects.toMatchObject({ constraint: "album_items_are_items_of_the_person" });
		await expect(
			db.query("insert into shares (user_id, id, token_hash, item_id) values ($1, $2, $3, $4)", [
				user,
				randomUUID(),
				Buffer.alloc(32),
				foreign.id,
			]),
		).rejects.toMatchObject({ constraint: "shared_items_are_of_the_person" });
	});
});

describe(`a picture's title on ${contractDatabase.title}`, () => {
	it("is the person's own headline, and never the model's", async () => {
		const user = newUser();
		const { item } = await readyItem(ports, user, { headline: "IMG_2031, taken in Berlin" });
		const share = await ports.shares.create(newShare(user, { itemId: item.id }));
		if (!share) throw new Error("The item cannot be shared.");
		expect(await ports.shares.picture(share, item.id)).toMatchObject({ title: null });
		await db.query("update items set edited_headline = 'By the sea' where user_id = $1 and id = $2", [user, item.id]);
		expect(await ports.shares.picture(share, item.id)).toMatchObject({ title: "By the sea" });
	});
});

describe(`shared items on ${contractDatabase.title}`, () => {
	it(`are at most ${maxShares} of a person`, async () => {
		const user = newUser();
		const { id: itemId } = await processedItem(ports, user);
		await db.query(
			`insert into shares (user_id, id, token_hash, item_id)
			 select $1, gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), $2 from generate_series(2, $3)`,
			[user, itemId, maxShares],
		);
		expect(await ports.shares.create(newShare(user, { itemId }))).not.toBeNull();
		await expect(ports.shares.create(newShare(user, { itemId }))).rejects.toMatchObject({ code: "too_many_shares" });
		expect(await ports.shares.list(user)).toHaveLength(maxShares);
	});
});
