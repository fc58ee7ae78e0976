import type { Analysis } from "../items/analysis.ts";

export interface Analyses {
	find(userId: string, analysisId: string): Promise<Analysis | null>;
	/** Returns those that exist, in any order. */
	findAll(userId: string, analysisIds: string[]): Promise<Analysis[]>;
	/** Returns all versions, newest first; null where there is no such item. */
	listByItem(userId: string, itemId: string): Promise<Analysis[] | null>;
	/** Returns the newest version number, 0 where there is no analysis. */
	latestVersion(userId: string, itemId: string): Promise<number>;
}
