import { expect, it } from "vitest";
import { presentSearchParameters } from "#lambdas/api/presenters/search-parameters.ts";
import { searchParameters } from "#postgres/search/search-parameters.ts";

it("a search accepts its parameters' former names beside the current ones", () => {
	const shown = presentSearchParameters(searchParameters);
	expect(shown).toMatchObject({
		proximity: 0.2,
		min_word_similarity: 0.5,
		partition_proximity: { min: 0.1, max: 0.2, per_deviation: 0.2 },
	});
	// Every former name and number of the API.
	expect(shown).toMatchObject({
		weights: { headline: 1, summary: 0.8, labels: 0.7, extracted_text: 0.6 },
		saturation: 0.5,
		nearness: 0.2,
		least_likeness: 0.5,
		rescued_letters: 5,
		rescued_words: 8,
		ranked: 200,
		least_evidence: 0.55,
		least_coverage: 0.18,
		described_labels: 40,
		rerank: {
			per_hit: 8,
			items_for_one_more: 100,
			most: 200,
			most_bits_farther: 64,
		},
		cell_nearness: { least: 0.1, most: 0.2, per_deviation: 0.2 },
		rrf_k: 15,
		fusion_depth: 50,
	});
});
