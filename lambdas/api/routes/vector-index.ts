import { z } from "@hono/zod-openapi";
import { embeddingDimensions, type Ports } from "#core/ports.ts";
import { type Api, guarded, json, noQuery } from "../routing.ts";

const status = guarded({
	method: "get",
	path: "/vector-index/status",
	tags: ["Search"],
	summary: "How many items are embedded by the model in use",
	request: { query: noQuery },
	responses: {
		200: json(
			"The status.",
			z.object({
				items: z.int(),
				embedded: z.int(),
				missing: z.int().openapi({ description: "Without any embedding." }),
				stale: z.int().openapi({ description: "With another model's only." }),
				model: z.string(),
				dimensions: z.int(),
			}),
		),
	},
});

/** Serves the state of a person's vectors. */
export function vectorIndexRoutes(
	app: Api,
	{ vectorIndex, embedder }: Pick<Ports, "vectorIndex" | "embedder">,
) {
	app.openapi(status, async (c) => {
		const { model } = embedder;
		const { items, embedded, missing, stale } = await vectorIndex.status(
			c.get("userId"),
			model,
		);
		const dimensions = embeddingDimensions;
		return c.json({ items, embedded, missing, stale, model, dimensions }, 200);
	});
}
