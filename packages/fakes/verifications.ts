import { itemNotFound, unknownCursor } from "#core/errors.ts";
import type { Verifications } from "#core/ports/index.ts";
import type { VerifiedClaim } from "#core/verification/verification.ts";
import { ownedItems, type Store } from "./store.ts";

/** Verifications in memory. */
export function fakeVerifications(store: Store): Verifications {
	const { verifications } = store;
	const ofUser = (userId: string) => {
		const ids = new Set(ownedItems(store, userId).map(({ item }) => item.id));
		const exists = (itemId: string | null) => itemId === null || ids.has(itemId);
		return [...verifications.values()]
			.filter((each) => each.userId === userId && exists(each.itemId))
			.map((each) => ({
				...each,
				claims: each.claims.map((claim) => ({
					...claim,
					citations: claim.citations.filter(({ itemId }) => exists(itemId)),
				})),
			}));
	};
	const count = (claims: VerifiedClaim[], verdict: VerifiedClaim["verdict"]) =>
		claims.filter((claim) => claim.verdict === verdict).length;
	return {
		async create(made, { maxKept }) {
			const isOwned = ownedItems(store, made.userId).some(({ item }) => item.id === made.itemId);
			if (made.itemId !== null && !isOwned) throw itemNotFound(made.itemId);
			const verification = structuredClone({ ...made, createdAt: new Date(store.now()) });
			verifications.set(verification.id, verification);
			for (const { id } of ofUser(made.userId).slice(0, -maxKept)) verifications.delete(id);
			return structuredClone(verification);
		},
		async find(userId, verificationId) {
			return structuredClone(ofUser(userId).find(({ id }) => id === verificationId) ?? null);
		},
		async list(userId, { limit, cursor }) {
			const all = ofUser(userId).reverse();
			const from = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1;
			if (cursor !== undefined && from === 0) throw unknownCursor();
			const page = all.slice(from, from + limit);
			return {
				verifications: page.map(({ id, itemId, text, accuracyScore, riskLevel, model, createdAt, claims }) => ({
					...{ id, itemId, text: text.slice(0, 200), accuracyScore, riskLevel, model, createdAt },
					supported: count(claims, "supported"),
					contradicted: count(claims, "contradicted"),
					notFound: count(claims, "not_found"),
				})),
				nextCursor: from + limit < all.length ? (page.at(-1)?.id ?? null) : null,
			};
		},
		async delete(userId, verificationId) {
			const isOwned = ofUser(userId).some(({ id }) => id === verificationId);
			if (isOwned) verifications.delete(verificationId);
			return isOwned;
		},
	};
}
