/** What is done for the conversations of everybody, by nobody's request. */
export interface SessionUpkeep {
	/** Sessions that live, and expired ones that the table has not removed yet. */
	count(): Promise<{ active: number; expired: number }>;
	/** Removes stored payloads that no checkpoint refers to. Safe at any time. */
	removeOrphans(): Promise<{ seen: number; removed: number }>;
}
