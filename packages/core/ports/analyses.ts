import type { Analysis } from "../items/analysis.ts";

export interface Analyses {
	find(userId: string, analysisId: string): Promise<Analysis | null>;
	/** Those of them that exist, in any order. */
	findAll(userId: string, analysisIds: string[]): Promise<Analysis[]>;
	/** All versions, newest first; null where there is no such item. */
	listByItem(userId: string, itemId: string): Promise<Analysis[] | null>;
	/** The newest version, 0 where there is none. */
	latestVersion(userId: string, itemId: string): Promise<number>;
}
