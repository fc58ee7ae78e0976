import { z } from "@hono/zod-openapi";
import { visionProviders } from "#ai/providers.ts";
import { itemNotFound, requestNotFound } from "#core/errors.ts";
import { text } from "#core/input-fields.ts";
import {
	awaitsFirstAnalysis,
	requestAnalysis,
	requestComparison,
	requestFailed,
	requestResize,
} from "#core/pipeline/request-work.ts";
import { requestKinds, requestStatuses, type WorkRequest } from "#core/pipeline/work-request.ts";
import { conflict, modelGone, providerOff } from "../http/error-responses.ts";
import { inField } from "../http/in-field.ts";
import { pollUntil } from "../http/poll-until.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, idParams, json, jsonBody, noQuery, requiredBody } from "../http/routing.ts";
import { comparisonSchema, presentComparison } from "../presenters/comparison.ts";
import { analysisSchema, itemSchema, presentAnalysis, presentItem } from "../presenters/item.ts";
import { routes } from "./table.ts";

const tags = ["Redo"];

const accepted = {
	...json(
		"The work takes longer than 20 seconds: `Location` has its state.",
		z.object({ status: z.literal("pending"), detail: z.string() }),
	),
	headers: {
		Location: {
			description: "The request's address, or the item's before its analysis.",
			schema: { type: "string" as const },
		},
	},
};

const analyze = guarded(routes.analyzeItem, {
	tags,
	summary: "The newest analysis of an item, or a new one",
	description:
		"Without `force_reanalyze` the answer is the newest stored analysis; where there is none yet, the first. A repeated call joins the request under way.",
	request: {
		params: idParams,
		query: noQuery,
		body: jsonBody(
			z.strictObject({
				force_reanalyze: z.boolean().default(false),
				provider: z
					.enum(visionProviders, { error: `Must be one of ${visionProviders.join(", ")}` })
					.nullish()
					.openapi({ description: "The provider of a new analysis; the environment's by default." }),
				model: text(200).nullish(),
			}),
		),
	},
	responses: {
		200: json("The analysis.", analysisSchema),
		202: accepted,
		409: conflict,
		501: providerOff,
		502: modelGone,
	},
});

/** No model's name has a comma: both stand in one field of the request. */
const comparedModel = z
	.string()
	.max(200)
	.regex(
		new RegExp(`^(offline|(${visionProviders.filter((name) => name !== "offline").join("|")})(/[^,\\s]+)?)$`),
		`Must be one of ${visionProviders.join(", ")}, of the providers with or without a model, as in anthropic/a-model`,
	)
	.openapi({ example: "anthropic/claude-haiku-5-5" });

const compare = guarded(
	routes.compareModels,
	{
		tags,
		summary: "Two models on one picture: where they differ, and what the checks support",
		description:
			"Both describe the picture at the same time, and nothing of the item changes. What they say is compared field by field, and each checked by what neither of them says: the text that OCR read, the file's own facts, your own words and the item's versions. It takes two requests from your limit. A repeated call joins the comparison under way.",
		request: {
			params: idParams,
			query: noQuery,
			body: requiredBody(
				z.strictObject({
					models: z
						.array(comparedModel)
						.length(2)
						.refine(([first, second]) => first !== second, { error: "Must be two different models" })
						.openapi({ description: "Each `provider` or `provider/model`.", example: ["anthropic", "offline"] }),
				}),
			),
		},
		responses: {
			200: json("The comparison.", comparisonSchema),
			202: accepted,
			409: conflict,
			501: providerOff,
			502: modelGone,
		},
	},
	() => ({ routeClass: routes.compareModels.limit, units: 2 }),
);

const resize = guarded(routes.resizeItem, {
	tags,
	summary: "Make an item's thumbnail anew",
	request: { params: idParams, query: noQuery },
	responses: {
		200: json("The item.", itemSchema),
		202: accepted,
		409: conflict,
	},
});

const get = guarded(routes.getRequest, {
	tags,
	summary: "The state of a request",
	request: { params: idParams.extend({ request_id: z.string().openapi({ format: "uuid" }) }), query: noQuery },
	responses: {
		200: json(
			"The request.",
			z
				.object({
					id: z.uuid(),
					item_id: z.uuid(),
					kind: z.enum(requestKinds),
					provider: z.string().nullable(),
					model: z.string().nullable().openapi({ description: "Of a `compare` both, with a comma between them." }),
					status: z.enum(requestStatuses),
					error: z.object({ code: z.string(), detail: z.string() }).nullable(),
					analysis_id: z.uuid().nullable(),
					comparison: z
						.union([comparisonSchema, z.null()])
						.openapi({ description: "The result of a `compare` that is done." }),
					created_at: z.iso.datetime(),
					finished_at: z.iso.datetime().nullable(),
				})
				.openapi("WorkRequest"),
		),
	},
});

/** Serves requests to repeat work: the stages do it, these routes queue it and wait. */
export const register: RegisterRoutes = (app, ports, { maxWaitMs }) => {
	const { items, analyses, requests } = ports;

	/** Returns the request once it is done, null until then. @throws AppError the reason of a failure */
	async function done({ userId, itemId, id, kind }: WorkRequest) {
		const request = await requests.find(userId, itemId, id);
		if (!request) throw itemNotFound(itemId); // deleted meanwhile
		if (request.error) {
			throw inField(requestFailed(request.error), {
				provider_not_available: kind === "compare" ? "body.models" : "body.provider",
				model_not_found: kind === "compare" ? "body.models" : "body.model",
			});
		}
		return request.status === "done" ? request : null;
	}

	async function firstAnalysis(userId: string, itemId: string) {
		const found = await items.find(userId, itemId);
		if (!found) throw itemNotFound(itemId);
		const { item, latestAnalysis } = found;
		if (latestAnalysis) return latestAnalysis;
		if (awaitsFirstAnalysis(item)) return null;
		throw requestFailed({
			code: item.error?.code ?? "retries_exhausted",
			detail: item.error?.detail ?? "The image has no analysis.",
		});
	}

	app.openapi(analyze, async (c) => {
		const itemId = idOf(c.req.valid("param").id, itemNotFound);
		const { force_reanalyze, provider, model } = c.req.valid("json");
		const userId = c.get("userId");
		const wanted = await requestAnalysis(ports, userId, itemId, {
			force: force_reanalyze ?? false,
			provider: provider ?? undefined,
			model: model ?? undefined,
		});
		if ("analysis" in wanted) {
			return c.json(presentAnalysis(wanted.analysis), 200);
		}
		if ("item" in wanted) {
			const first = await pollUntil(() => firstAnalysis(userId, itemId), maxWaitMs);
			if (first) return c.json(presentAnalysis(first), 200);
			c.header("location", `/items/${itemId}`);
			return c.json(pending("The first analysis is on its way."), 202);
		}
		const request = await pollUntil(() => done(wanted.request), maxWaitMs);
		const analysis = request && (await analyses.find(userId, request.analysisId ?? ""));
		if (analysis) return c.json(presentAnalysis(analysis), 200);
		c.header("location", addressOf(wanted.request));
		return c.json(pending("The analysis is on its way."), 202);
	});

	app.openapi(compare, async (c) => {
		const itemId = idOf(c.req.valid("param").id, itemNotFound);
		const [first = "", second = ""] = c.req.valid("json").models;
		const request = await requestComparison(ports, c.get("userId"), itemId, [first, second]);
		const comparison = (await pollUntil(() => done(request), maxWaitMs))?.comparison;
		if (comparison) return c.json(presentComparison(comparison), 200);
		c.header("location", addressOf(request));
		return c.json(pending("The comparison is on its way."), 202);
	});

	app.openapi(resize, async (c) => {
		const itemId = idOf(c.req.valid("param").id, itemNotFound);
		const userId = c.get("userId");
		const request = await requestResize(ports, userId, itemId);
		if (!(await pollUntil(() => done(request), maxWaitMs))) {
			c.header("location", addressOf(request));
			return c.json(pending("The thumbnail is on its way."), 202);
		}
		const found = await items.find(userId, itemId);
		if (!found) throw itemNotFound(itemId);
		return c.json(await presentItem(ports, found), 200);
	});

	app.openapi(get, async (c) => {
		const { id, request_id } = c.req.valid("param");
		const itemId = idOf(id, itemNotFound);
		const requestId = idOf(request_id, requestNotFound);
		const found = await requests.find(c.get("userId"), itemId, requestId);
		if (!found) throw requestNotFound(requestId);
		return c.json(
			{
				id: found.id,
				item_id: found.itemId,
				kind: found.kind,
				provider: found.provider,
				model: found.model,
				status: found.status,
				error: found.error,
				analysis_id: found.analysisId,
				comparison: found.comparison && presentComparison(found.comparison),
				created_at: found.createdAt.toISOString(),
				finished_at: found.finishedAt?.toISOString() ?? null,
			},
			200,
		);
	});
};

const addressOf = ({ itemId, id }: WorkRequest) => `/items/${itemId}/requests/${id}`;

const pending = (detail: string) => ({ status: "pending" as const, detail });
