import type { FusionWeights } from "#core/ports/index.ts";
import type { SearchParameters } from "#postgres/search/search.ts";
import type { SearchMode } from "./all/answers.ts";
import type { SearchSettings } from "./all/settings.ts";

/**
 * Tells by what a value is measured: `ranking` by nDCG@10 of the queries that something answers, `answers` by the balanced
 * accuracy of strong hits.
 */
export type Metric = "ranking" | "answers";

/** A parameter of search, and the values that a sweep compares. */
export interface Parameter {
	name: string;
	metric: Metric;
	/** The search in which it decides something. */
	mode: SearchMode;
	/** The first switches it off; no value is there twice. */
	values: string[];
	/** The index of the value in force. */
	inForce: number;
	/** Returns the settings in force but for this parameter's value. */
	settings: SearchSettings[];
}

type Values<Value> = {
	/** The value with which the parameter has no effect; for a constant that something must be, the field's usual one. */
	off: Value;
	grid: Value[];
};

/** Lists what `make eval-all` sweeps, a line a parameter. What bounds only the cost of a search is not measured by its results. */
export const parametersOf = (inForce: SearchSettings): Parameter[] => {
	const ofSearch = <Name extends keyof SearchParameters>(
		name: Name,
		metric: Metric,
		values: Values<SearchParameters[Name]>,
		{ mode = "hybrid", others = inForce }: { mode?: SearchMode; others?: SearchSettings } = {},
	) =>
		parameter(name, metric, mode, inForce.search[name], values, (value) => ({
			...others,
			search: { ...others.search, [name]: value },
		}));
	const ofEmbedder = <Name extends keyof SearchSettings["embedder"]>(
		name: Name,
		metric: Metric,
		values: Values<SearchSettings["embedder"][Name]>,
	) =>
		parameter(name, metric, "hybrid", inForce.embedder[name], values, (value) => ({
			...inForce,
			embedder: { ...inForce.embedder, [name]: value },
		}));
	return [
		ofSearch("weights", "ranking", {
			off: fields(1, 1, 1, 1),
			grid: [fields(1, 0.8, 0.7, 0.6), fields(1, 0.7, 0.5, 0.4), fields(1, 0.5, 0.5, 0.2)],
		}),
		ofSearch("proximity", "ranking", { off: 0, grid: [0.1, 0.3] }),
		ofSearch("partSimilarity", "ranking", { off: 0, grid: [0.3, 0.7] }),
		ofSearch("minStrongCoverage", "answers", { off: 0, grid: [0.5, 0.55, 0.6, 0.7, 0.75] }),
		// It decides where the model has no threshold, and words have no part in it.
		ofSearch(
			"minDeviations",
			"answers",
			{ off: 0, grid: [3, 4, 6, 8] },
			{ mode: "vector", others: { ...inForce, embedder: { ...inForce.embedder, answerabilityThreshold: 0 } } },
		),
		ofEmbedder("fusionWeights", "ranking", { off: vectors(0), grid: [0.2, 0.3, 0.4, 0.5, 0.6, 0.7].map(vectors) }),
		ofEmbedder("answerabilityThreshold", "answers", { off: 0, grid: [0.4, 0.5, 0.55, 0.6, 0.7] }),
	];
};

function fields(headline: number, summary: number, labels: number, extractedText: number): SearchParameters["weights"] {
	return { headline, summary, labels, extractedText };
}

function vectors(vector: number): FusionWeights {
	return { vector, text: Number((1 - vector).toFixed(4)) };
}

function parameter<Value>(
	name: string,
	metric: Metric,
	mode: SearchMode,
	inForce: Value,
	{ off, grid }: Values<Value>,
	apply: (value: Value) => SearchSettings,
): Parameter {
	const byLabel = new Map([off, inForce, ...grid].map((value) => [labelOf(value), value]));
	const values = [...byLabel.keys()];
	const settings = [...byLabel.values()].map(apply);
	return { name, metric, mode, values, inForce: values.indexOf(labelOf(inForce)), settings };
}

/** Writes a value, or the values of its fields. */
function labelOf(value: unknown): string {
	if (typeof value !== "object" || value === null) return String(value);
	return Object.values(value).map(labelOf).join(" / ");
}
