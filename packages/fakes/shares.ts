import { AppError } from "#core/errors.ts";
import type { Shares } from "#core/ports/index.ts";
import { maxShares, type Share, type SharedPicture } from "#core/shares/share.ts";
import { owned, type Store } from "./store.ts";

/** Shares of items in memory; the albums of a person are rows of the database alone. */
export function fakeShares(store: Store): Shares {
	const { shares } = store;
	const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
	const copyOf = ({ tokenHash: _, ...share }: Share & { tokenHash: string }): Share => structuredClone(share);
	const ofUser = (userId: string) => [...shares.values()].filter((share) => share.userId === userId);

	function pictureOf({ userId, itemId }: Share): SharedPicture | null {
		const item = itemId && owned(store, userId, itemId)?.item;
		if (!item || item.trashedAt || item.width === null || item.height === null) return null;
		const { id, edits, width, height, mimeType, originalFilename } = item;
		return { itemId: id, title: edits.headline, width, height, mimeType, originalFilename };
	}

	return {
		async create({ tokenHash, ...share }) {
			const item = share.itemId && owned(store, share.userId, share.itemId)?.item;
			if (!item || item.trashedAt) return null;
			if (ofUser(share.userId).length >= maxShares) throw new AppError("too_many_shares", "There are too many.");
			const made = { ...share, views: 0, lastViewedAt: null, createdAt: new Date(store.now()) };
			shares.set(share.id, { ...made, tokenHash: hex(tokenHash) });
			return made;
		},
		async list(userId) {
			return ofUser(userId).map(copyOf).reverse();
		},
		async delete(userId, shareId) {
			return shares.get(shareId)?.userId === userId && shares.delete(shareId);
		},
		async findByToken(tokenHash) {
			const found = [...shares.values()].find((share) => share.tokenHash === hex(tokenHash));
			const isOver = found?.expiresAt && found.expiresAt.getTime() <= store.now();
			if (!found || isOver || store.deletedAccounts.has(found.userId)) return null;
			// The item's row takes the share with it.
			return found.itemId && owned(store, found.userId, found.itemId) ? copyOf(found) : null;
		},
		async countView(userId, shareId) {
			const share = shares.get(shareId);
			if (share?.userId !== userId) return;
			share.views += 1;
			share.lastViewedAt = new Date(store.now());
		},
		async page(share, { offset, limit }) {
			const item = share.itemId && owned(store, share.userId, share.itemId)?.item;
			if (!item || item.trashedAt || (item.width === null && item.status === "failed")) return null;
			const picture = pictureOf(share);
			const pictures = picture ? [picture] : [];
			return { albumName: null, pictures: pictures.slice(offset, offset + limit), total: pictures.length };
		},
		async picture(share, itemId) {
			const picture = pictureOf(share);
			return picture?.itemId === itemId ? { ...picture, place: 0 } : null;
		},
	};
}
