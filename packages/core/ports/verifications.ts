import type { Verification } from "../verification/verification.ts";

/** A verification in a list, with how many of its claims have each verdict in place of the claims. */
export interface ListedVerification
	extends Pick<Verification, "id" | "itemId" | "text" | "accuracyScore" | "riskLevel" | "model" | "createdAt"> {
	supported: number;
	contradicted: number;
	notFound: number;
}

/** A person's verifications. What they cite of an item goes with it, and so does the verification of its description. */
export interface Verifications {
	/**
	 * Saves a verification, and deletes the oldest beyond `maxKept`. Citations of items that are gone by now are left out.
	 * @throws AppError `item_not_found` where its own item is gone
	 */
	create(verification: Omit<Verification, "createdAt">, options: { maxKept: number }): Promise<Verification>;
	find(userId: string, verificationId: string): Promise<Verification | null>;
	/** Newest first. @throws AppError `invalid_request` for a cursor that is none */
	list(
		userId: string,
		page: { limit: number; cursor?: string | undefined },
	): Promise<{ verifications: ListedVerification[]; nextCursor: string | null }>;
	/** False where there is none. */
	delete(userId: string, verificationId: string): Promise<boolean>;
}
