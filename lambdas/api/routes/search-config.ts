import { z } from "@hono/zod-openapi";
import { embeddingDimensions } from "#core/ports/index.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery } from "../http/routing.ts";
import { presentSearchParameters } from "../presenters/search-parameters.ts";
import { routes } from "./table.ts";

const config = guarded(routes.getSearchConfig, {
	tags: ["Upkeep"],
	summary: "The parameters, model and indexes that search uses",
	description:
		"They are read from the running code and the database as it is now: a parameter that is not here is not in force.",
	request: { query: noQuery },
	responses: {
		200: json(
			"The parameters in force.",
			z.object({
				parameters: z.record(z.string(), z.unknown()).openapi({
					description: "The numbers in the search statements.",
				}),
				embedding: z.object({
					model: z.string(),
					dimensions: z.int(),
					fusion_weights: z.object({ vector: z.number(), text: z.number() }),
					answerability_threshold: z.number().openapi({
						description: "The similarity that a strong hit by its vector has.",
					}),
					least_similarity: z.number().openapi({
						deprecated: true,
						description: "The former name of `answerability_threshold`.",
					}),
					exhaustive: z.boolean().openapi({
						description:
							"True if a search of a large, partitioned collection reads every partition; false if it reads only the nearest ones.",
					}),
					every_cell: z.boolean().openapi({
						deprecated: true,
						description: "The former name of `exhaustive`.",
					}),
				}),
				database: z.object({
					version: z.string(),
					extensions: z.record(z.string(), z.string()),
					indexes: z.array(
						z.object({
							table: z.string(),
							name: z.string(),
							definition: z.string(),
							valid: z.boolean(),
						}),
					),
				}),
				counts: z
					.object({
						items: z.int(),
						documents: z.int(),
						embeddings: z.record(z.string(), z.int()),
					})
					.openapi({ description: "The numbers of your items, documents and embeddings." }),
			}),
		),
	},
});

/** Serves what search works with. */
export const register: RegisterRoutes = (app, { searchSettings, embedder }) => {
	app.openapi(config, async (c) => {
		const { parameters, database, counts } = await searchSettings.read(c.get("userId"));
		const { model, fusionWeights, answerabilityThreshold, exhaustive } = embedder;
		return c.json(
			{
				parameters: presentSearchParameters(parameters),
				embedding: {
					model,
					dimensions: embeddingDimensions,
					fusion_weights: fusionWeights,
					answerability_threshold: answerabilityThreshold,
					least_similarity: answerabilityThreshold,
					exhaustive,
					every_cell: exhaustive,
				},
				database,
				counts,
			},
			200,
		);
	});
};
