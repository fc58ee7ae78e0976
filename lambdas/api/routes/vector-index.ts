import { z } from "@hono/zod-openapi";
import { embeddingDimensions } from "#core/ports/index.ts";
import { rebuildIndex } from "#core/search/rebuild-index.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, jsonBody, noQuery } from "../http/routing.ts";
import { routes } from "./table.ts";

const status = guarded(routes.getVectorIndexStatus, {
	tags: ["Upkeep"],
	summary: "The number of items that the model in use has embedded",
	request: { query: noQuery },
	responses: {
		200: json(
			"The status.",
			z.object({
				items: z.int(),
				embedded: z.int(),
				missing: z.int().openapi({ description: "The number of items without any embedding." }),
				stale: z.int().openapi({ description: "The number of items that only another model has embedded." }),
				rebuilding: z.int().openapi({ description: "The number of items that wait for the embedder in a rebuild." }),
				model: z.string(),
				dimensions: z.int(),
			}),
		),
	},
});

const rebuild = guarded(routes.rebuildVectorIndex, {
	tags: ["Upkeep"],
	summary: "Embed the items that the model in use has not embedded",
	description:
		"The embedder does the work, and `GET /vector-index/status` tells how far it is. Each item is found by the vector it has until the new one is written. A call during a rebuild does not restart it.",
	request: {
		query: noQuery,
		body: jsonBody(
			z.strictObject({
				force: z.boolean().default(false).openapi({
					description: "True if items that the model in use has embedded are embedded again, too.",
				}),
			}),
		),
	},
	responses: {
		202: json(
			"It is under way.",
			z.object({
				status: z.literal("accepted"),
				num_documents: z.int().openapi({ description: "The number of items that wait for their embedding." }),
			}),
		),
	},
});

/** Serves the state of a person's vectors. */
export const register: RegisterRoutes = (app, ports) => {
	const { vectorIndex, embedder } = ports;

	app.openapi(rebuild, async (c) => {
		const { force } = c.req.valid("json");
		const num_documents = await rebuildIndex(ports, c.get("userId"), {
			force: force ?? false,
		});
		return c.json({ status: "accepted" as const, num_documents }, 202);
	});

	app.openapi(status, async (c) => {
		const { model } = embedder;
		const status = await vectorIndex.status(c.get("userId"), model);
		return c.json({ ...status, model, dimensions: embeddingDimensions }, 200);
	});
};
