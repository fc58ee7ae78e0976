/** Scheduled maintenance of all sessions. */
export interface SessionUpkeep {
	/** Counts the active sessions, and the expired ones that the table has not removed yet. */
	count(): Promise<{ active: number; expired: number }>;
	/** Removes stored payloads that no checkpoint refers to. Safe at any time. */
	removeOrphans(): Promise<{ seen: number; removed: number }>;
}
