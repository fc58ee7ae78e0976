import { createHash, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { NewShare } from "#core/ports/index.ts";
import { type ArrangedPorts, processedItem, uploaded } from "./item-states.ts";
import { newUser } from "./new-rows.ts";

export const tokenHashOf = (token: string) => createHash("sha256").update(token).digest();

export function newShare(userId: string, more: Partial<NewShare> = {}): NewShare {
	return {
		id: randomUUID(),
		userId,
		tokenHash: tokenHashOf(randomUUID()),
		itemId: null,
		albumId: null,
		title: null,
		passwordHash: null,
		allowDownload: false,
		keepMetadata: false,
		expiresAt: null,
		...more,
	};
}

/** Tests an implementation of `Shares` with items. */
export function sharesContract(get: () => ArrangedPorts): void {
	describe("a share", () => {
		const whole = { offset: 0, limit: 10 };
		const sharedItem = async (userId: string, more: Partial<NewShare> = {}) => {
			const item = await processedItem(get(), userId);
			const added = newShare(userId, { itemId: item.id, ...more });
			const share = await get().shares.create(added);
			if (!share) throw new Error("The item cannot be shared.");
			return { item, share, tokenHash: added.tokenHash };
		};

		it("is found by the hash of its token, with what it was made of, and by no other", async () => {
			const { shares } = get();
			const user = newUser();
			const expiresAt = new Date(Date.now() + 86_400_000);
			const more = { title: "Holidays", passwordHash: "scrypt$1$1$1$a$b", allowDownload: true, expiresAt };
			const { item, share, tokenHash } = await sharedItem(user, more);
			expect(share).toMatchObject({ ...more, userId: user, itemId: item.id, albumId: null, views: 0 });
			expect(await shares.findByToken(tokenHash)).toEqual(share);
			expect(await shares.findByToken(tokenHashOf("another"))).toBeNull();
		});

		it("shows the picture of its item, and of no other", async () => {
			const { shares } = get();
			const user = newUser();
			const { item, share } = await sharedItem(user);
			const second = await processedItem(get(), user);
			const { items: pictures, total } = await seen(share);
			expect(total).toBe(1);
			expect(pictures).toMatchObject([{ itemId: item.id, width: 640, height: 480, mimeType: "image/png" }]);
			expect(await shares.picture(share, item.id)).toMatchObject({ itemId: item.id, place: 0 });
			expect(await shares.picture(share, second.id)).toBeNull();
		});

		const seen = async (share: Parameters<ArrangedPorts["shares"]["page"]>[0]) => {
			const page = await get().shares.page(share, whole);
			return { items: page?.pictures, total: page?.total };
		};

		it("shows nothing until its item has a picture", async () => {
			const { shares } = get();
			const user = newUser();
			const item = await uploaded(get(), user);
			const share = await shares.create(newShare(user, { itemId: item.id }));
			if (!share) throw new Error("The item cannot be shared.");
			expect(await seen(share)).toEqual({ items: [], total: 0 });
			expect(await shares.picture(share, item.id)).toBeNull();
		});

		it("ends with its item", async () => {
			const { items, shares } = get();
			const user = newUser();
			const { item, share, tokenHash } = await sharedItem(user);
			await items.delete(user, item.id);
			expect(await shares.findByToken(tokenHash)).toBeNull();
			expect(await shares.page(share, whole)).toBeNull();
		});

		it("shows nothing while its item is in the trash, which cannot be shared", async () => {
			const { items, shares } = get();
			const user = newUser();
			const { item, share } = await sharedItem(user);
			await items.trash(user, item.id);
			expect(await shares.page(share, whole)).toBeNull();
			expect(await shares.picture(share, item.id)).toBeNull();
			expect(await shares.create(newShare(user, { itemId: item.id }))).toBeNull();
			await items.restore(user, item.id);
			expect(await seen(share)).toMatchObject({ total: 1 });
		});

		it("ends when its person says so, and nobody else", async () => {
			const { shares } = get();
			const user = newUser();
			const { share, tokenHash } = await sharedItem(user);
			expect(await shares.delete(newUser(), share.id)).toBe(false);
			expect(await shares.findByToken(tokenHash)).not.toBeNull();
			expect(await shares.delete(user, share.id)).toBe(true);
			expect(await shares.delete(user, share.id)).toBe(false);
			expect(await shares.findByToken(tokenHash)).toBeNull();
		});

		it("has expired from its time on, and stays in its person's list", async () => {
			const { shares } = get();
			const user = newUser();
			const { share, tokenHash } = await sharedItem(user, { expiresAt: new Date(Date.now() - 3_600_000) });
			expect(await shares.findByToken(tokenHash)).toBeNull();
			expect(await shares.list(user)).toEqual([share]);
		});

		it("counts how often it was opened, for its person alone", async () => {
			const { shares } = get();
			const user = newUser();
			const { share } = await sharedItem(user);
			await shares.countView(user, share.id);
			await shares.countView(user, share.id);
			await shares.countView(newUser(), share.id);
			const [listed] = await shares.list(user);
			expect(listed).toMatchObject({ views: 2 });
			expect(listed?.lastViewedAt?.getTime()).toBeGreaterThanOrEqual(share.createdAt.getTime());
		});

		it("cannot be made of another user's item, of one that is not there, or of nobody's album", async () => {
			const { shares } = get();
			const [user, stranger] = [newUser(), newUser()];
			const { id: itemId } = await processedItem(get(), user);
			expect(await shares.create(newShare(stranger, { itemId }))).toBeNull();
			expect(await shares.create(newShare(user, { itemId: randomUUID() }))).toBeNull();
			expect(await shares.create(newShare(user, { albumId: randomUUID() }))).toBeNull();
			expect(await shares.list(stranger)).toEqual([]);
		});
	});
}
