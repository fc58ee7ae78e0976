import { z } from "@hono/zod-openapi";
import { embeddingDimensions, type Ports } from "#core/ports/index.ts";
import { type Api, guarded, json, noQuery } from "../http/routing.ts";

const config = guarded({
	method: "get",
	path: "/search/config",
	tags: ["Search"],
	summary: "What search really works with",
	description:
		"Read from the running code and the database as it is now, not from a copy: a parameter that is not here is not in force.",
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
					least_similarity: z.number().openapi({
						description:
							"Below it the best hit by vector is none; every other needs half of it.",
					}),
					every_cell: z.boolean().openapi({
						description:
							"Whether a search of a large, divided collection reads every cell, or the near ones.",
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
					.openapi({ description: "Yours." }),
			}),
		),
	},
});

/** Serves what search works with. */
export function searchConfigRoutes(
	app: Api,
	{ searchSettings, embedder }: Pick<Ports, "searchSettings" | "embedder">,
) {
	app.openapi(config, async (c) => {
		const { parameters, database, counts } = await searchSettings.read(
			c.get("userId"),
		);
		const { model, fusionWeights, answerabilityThreshold, exhaustive } =
			embedder;
		return c.json(
			{
				parameters: inSnakeCase(parameters) as Record<string, unknown>,
				embedding: {
					model,
					dimensions: embeddingDimensions,
					fusion_weights: fusionWeights,
					least_similarity: answerabilityThreshold,
					every_cell: exhaustive,
				},
				database,
				counts,
			},
			200,
		);
	});
}

/** The code's own names, as bodies of this API write them. */
function inSnakeCase(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(inSnakeCase);
	if (value === null || typeof value !== "object") return value;
	return Object.fromEntries(
		Object.entries(value).map(([name, part]) => [
			name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
			inSnakeCase(part),
		]),
	);
}
