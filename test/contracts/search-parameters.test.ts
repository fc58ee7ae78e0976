import { describe, expect, it } from "vitest";
import { postgresPorts } from "#postgres/ports.ts";
import { postgresSearch, searchParameters } from "#postgres/search/search.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { readyItem } from "./item-states.ts";
import { axis, newUser } from "./new-rows.ts";

const db = (await migratedDatabase()).connect(1);

describe(`a search with other parameters, on ${contractDatabase.title}`, () => {
	it("runs beside the one with those in force, on the same connection", async () => {
		const user = newUser();
		await readyItem(postgresPorts(db), user, { headline: "ramen" });
		const scoreOf = async (search: ReturnType<typeof postgresSearch>) => {
			const query = {
				text: { text: "ramen" },
				vector: { model: "test-model", vector: axis(0) },
				weights: { text: 0.5, vector: 0.5 },
			};
			const [hit] = await search.hybrid(user, query, { topK: 5 });
			return hit?.textScore ?? 0;
		};
		const [inForce, changed] = [
			postgresSearch(db),
			postgresSearch(db, {
				parameters: { ...searchParameters, weights: { ...searchParameters.weights, headline: 0.5 } },
			}),
		];
		for (const _ of ["planned", "kept"]) {
			expect((await scoreOf(inForce)) / (await scoreOf(changed))).toBeCloseTo(2, 6);
		}
	});
});
