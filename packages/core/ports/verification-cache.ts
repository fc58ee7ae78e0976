/** The outcomes of verifications that the same question gets again, each person's own. It has ids alone, no text. */
export interface VerificationCache {
	/** Returns the verification that was kept for the key and has not expired, which may be deleted by now. */
	find(userId: string, key: string): Promise<string | null>;
	/** Keeps a verification for the key, in place of another. */
	keep(userId: string, key: string, verificationId: string, seconds: number): Promise<void>;
	/** Removes everything of the user, with the vectors of their queries. */
	forgetAll(userId: string): Promise<void>;
}
