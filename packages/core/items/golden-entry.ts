import type { ImageDescription } from "./analysis.ts";

/** The reviewed description of an item: the reference that models' descriptions are measured by. */
export interface GoldenEntry {
	itemId: string;
	description: ImageDescription;
	/** The analyses that the reviewer chose from; they may have been deleted since, or be of another system. */
	sourceAnalysisIds: string[];
	reviewedAt: Date;
}
