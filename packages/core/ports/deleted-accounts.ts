/** People who deleted their account, until nothing of them can come back. */
export interface DeletedAccounts {
	/**
	 * Marks the account as deleted. From now on no stage takes up its work, and nothing shows its shares.
	 * @returns false where it was marked before
	 */
	mark(userId: string): Promise<boolean>;
	isDeleted(userId: string): Promise<boolean>;
	/** Tells whether everything of a deleted account had been removed once. */
	isEmptied(userId: string): Promise<boolean>;
	/** Deletes rows of the account, as many as take a moment. @returns whether there may be more */
	deleteRows(userId: string): Promise<boolean>;
	markEmptied(userId: string): Promise<void>;
	/** Claims for the sweeper the accounts that wait longest: a minute after the mark, then `againSeconds` after each claim. */
	claimDue(options: { againSeconds: number; limit: number }): Promise<{ userId: string; deletedAt: Date }[]>;
	/** Forgets the account. */
	finish(userId: string): Promise<void>;
}
