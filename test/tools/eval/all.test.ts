import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { offlineEmbedder } from "#ai/offline/embedder.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { searchParameters } from "#postgres/search/search.ts";
import { measure, type Searched } from "#tools/eval/all/answers.ts";
import { fill } from "#tools/eval/all/fill.ts";
import type { EvaluationSet } from "#tools/eval/all/sets.ts";
import { remembering } from "#tools/eval/all/settings.ts";
import { sweep } from "#tools/eval/all/sweep.ts";
import { parametersOf } from "#tools/eval/parameters.ts";
import { contractDatabase, migratedDatabase } from "../../contracts/databases.ts";
import { newAnalysis, processed } from "../../contracts/new-rows.ts";

/** A set of an item for each headline, and a query with its expected item for each entry. */
function newSet(headlines: string[], queries: Record<string, string | null>): EvaluationSet {
	return {
		name: randomUUID(),
		items: headlines.map((headline) => ({
			id: headline,
			filename: "shot.png",
			description: newAnalysis({ headline }).description,
			image: processed(),
		})),
		queries: Object.entries(queries).map(([text, expected]) => ({
			id: text,
			text,
			type: "keyword",
			expected: new Map(expected === null ? [] : [[expected, 3]]),
		})),
		notes: [],
	};
}

const db = (await migratedDatabase()).connect(1);

describe(`an evaluation on ${contractDatabase.title}`, () => {
	const embedder = remembering(offlineEmbedder());
	const inForce = { search: searchParameters, embedder };
	const ports = { db, embedder };

	async function filled(set: EvaluationSet): Promise<Searched> {
		const ids = await fill({ ...postgresPorts(ports.db), embedder }, set, () => {});
		return { set, ids };
	}

	it("finds a saved set's items by words and by meaning, by their ids in the dataset", async () => {
		const searched = await filled(newSet(["ramen", "telescope"], { ramen: "ramen", cryptocurrency: null }));
		for (const mode of ["bm25", "vector", "hybrid"] as const) {
			const { answers, figures } = await measure(ports, searched, mode, inForce);
			expect(answers[0]?.ranking[0]).toBe("ramen");
			expect(figures).toMatchObject({ ndcg10: 1, mrr: 1, hopeless_without_strong: 1, right_hits_lost: 0 });
		}
	});

	it("measures what a parameter gains over its off value on each set left out", async () => {
		const sets = [
			await filled(newSet(["telescope", "ramen"], { telescope: "telescope", "ramen museum warranty": null })),
			await filled(newSet(["lighthouse", "ramen"], { lighthouse: "lighthouse", "ramen museum warranty": null })),
		];
		const withoutVectors = { ...embedder, fusionWeights: { vector: 0, text: 1 }, answerabilityThreshold: 1 };
		const threshold = parametersOf({ ...inForce, embedder: withoutVectors }).filter(
			({ name }) => name === "minStrongCoverage",
		);
		// Without it the query that nothing answers has a strong hit: half of the queries are right.
		const [swept] = await sweep(ports, sets, threshold, () => {});
		expect(swept).toMatchObject({ off: "0", gain: { mean: 0.5 } });
	});
});
