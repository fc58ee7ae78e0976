import type { DescriptionVerification, ImageDescription, ModelUsage } from "../items/analysis.ts";
import type { ItemErrorCode } from "../items/item.ts";

/** A model's description of a picture for a comparison. */
export interface ComparedRun {
	provider: string;
	model: string;
	/** Null where the model described nothing. */
	description: ImageDescription | null;
	error: { code: ItemErrorCode; detail: string } | null;
	verification: DescriptionVerification | null;
	usage: ModelUsage[];
}

/** A field of both descriptions. */
export interface ComparedField {
	field: string;
	differs: boolean;
	/** By each run: texts, one or several. */
	values: [string[], string[]];
	/** By each run: the checks support all of it, or not; null where nothing can check it. */
	supported: [boolean | null, boolean | null];
}

export interface ModelComparison {
	runs: [ComparedRun, ComparedRun];
	/** Empty where a model described nothing. */
	fields: ComparedField[];
}
