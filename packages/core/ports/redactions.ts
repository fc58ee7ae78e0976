/**
 * Deleted items of which a person's chats, or answers kept for idempotency keys, may still hold something. `Items.delete`
 * adds them; the sweeper removes them once it has found nothing any more.
 */
export interface Redactions {
	isPending(userId: string): Promise<boolean>;
	/**
	 * Claims for the sweeper the users whose redactions are due, those that wait longest first. A redaction is due a
	 * minute after the deletion, when no request from before it is under way, and `againSeconds` after each claim.
	 */
	claimDue(options: { againSeconds: number; limit: number }): Promise<{ userId: string; itemIds: string[] }[]>;
	finish(userId: string, itemIds: string[]): Promise<void>;
}
