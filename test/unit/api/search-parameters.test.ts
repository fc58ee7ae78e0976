import { expect, it } from "vitest";
import { presentSearchParameters } from "#lambdas/api/presenters/search-parameters.ts";
import { searchParameters } from "#postgres/search/search-parameters.ts";

it("the parameters of a search stand under their former names beside the current ones", () => {
	const shown = presentSearchParameters(searchParameters);
	const rerank = { max: 200, max_bits_farther: 64 };
	const proximity = { min: 0.1, max: 0.2, per_deviation: 0.2 };
	expect(shown).toMatchObject({
		proximity: searchParameters.proximity,
		part_similarity: searchParameters.partSimilarity,
		max_candidates: searchParameters.maxCandidates,
		min_strong_coverage: searchParameters.minStrongCoverage,
		min_deviations: searchParameters.minDeviations,
		rerank,
		partition_proximity: proximity,
	});
	// Every former name and number of the API that is still a parameter.
	expect(shown).toMatchObject({
		weights: { headline: 1, extracted_text: 0.6 },
		nearness: 0.2,
		ranked: 200,
		rerank: { most: 200, most_bits_farther: 64 },
		cell_nearness: { least: 0.1, most: 0.2, per_deviation: 0.2 },
	});
});
