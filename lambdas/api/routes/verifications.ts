import { z } from "@hono/zod-openapi";
import { verificationNotFound } from "#core/errors.ts";
import { itemId, text } from "#core/input-fields.ts";
import { countUse } from "#core/limits/count-use.ts";
import { optionalStore } from "#core/optional-store.ts";
import type { ListedVerification } from "#core/ports/index.ts";
import { explainVerdict } from "#core/verification/explain-verdict.ts";
import { riskLevels, verdicts } from "#core/verification/verdict.ts";
import { type Verification, type VerifiedClaim, verificationSources } from "#core/verification/verification.ts";
import { log } from "#lambda-kit/log.ts";
import { deleteById, deletion } from "../http/deletion.ts";
import { modelGone, notFound, providerOff } from "../http/error-responses.ts";
import { inField } from "../http/in-field.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, idParams, json, noQuery, requiredBody, wholeNumber } from "../http/routing.ts";
import { boxSchema, presentBox } from "../presenters/placed-line.ts";
import { routes } from "./table.ts";

const tags = ["Verify"];

/** A text of so many characters is within the maximum of a body. */
const maxTextLength = 20_000;
const maxPageSize = 100;

const request = z
	.strictObject({
		text: text(maxTextLength).trim().min(1).optional().openapi({
			description: "What is to be checked. Either it or `item_id`.",
			example: "The flight to Lisbon leaves from gate B22. It costs 240 euros.",
		}),
		item_id: itemId.optional().openapi({
			description:
				"Checks the item's headline and summary against its own picture: the text on it, the file's facts, other versions of its description.",
		}),
		sources: z
			.array(z.enum(verificationSources))
			.min(1)
			.max(verificationSources.length)
			.default(["collection"])
			.openapi({
				description:
					"Where a text is looked for. `web` needs a key of the environment's web search, and shows the engine the claims that the collection says nothing of.",
				example: ["collection"],
			}),
		model: text(200).nullish().openapi({
			description: "As `answer_model` of a search; `offline` for none.",
			example: "anthropic/claude-sonnet-5-5",
		}),
	})
	.refine(({ text, item_id }) => (text === undefined) !== (item_id === undefined), {
		path: ["text"],
		error: "Send either text or item_id",
	})
	.openapi("VerificationRequest", {
		example: { text: "The flight to Lisbon leaves from gate B22. It costs 240 euros." },
	});

const difference = z
	.object({
		claimed: z.string().openapi({ example: "240 euros" }),
		found: z.string().openapi({ example: "€204" }),
	})
	.openapi("Difference");

const citation = z
	.object({
		item_id: z.uuid().nullable().openapi({ description: "Null of a page of the web." }),
		url: z.string().nullable().openapi({ description: "Null of an item.", example: null }),
		sentence: z.string().openapi({ description: "The passage, as the item or the page has it." }),
		box: z.union([boxSchema, z.null()]).openapi({
			description: "Where the picture has it; null where it is no line of the picture with a place.",
		}),
		difference: z.union([difference, z.null()]).openapi({
			description: "What the claim says, and what stands in its place; null where no value differs.",
			example: null,
		}),
	})
	.openapi("ClaimCitation");

const claim = z
	.object({
		text: z.string().openapi({ example: "The flight to Lisbon leaves from gate B22." }),
		start: z.int().min(0).openapi({ description: "Its offsets in the text, in UTF-16 units.", example: 0 }),
		end: z.int().min(0).openapi({ example: 42 }),
		verdict: z.enum(verdicts),
		reason: z.string().openapi({ description: "One sentence.", example: "The passages cited say so." }),
		citations: z.array(citation).openapi({
			description: "Without those of items that were deleted since.",
		}),
	})
	.openapi("Claim");

const accuracyScore = z.int().min(0).max(100).nullable().openapi({
	description:
		"The mean over claims: 100 of one that is supported, 50 where nothing was found, 0 of one that is contradicted; null without a claim.",
	example: 100,
});
const riskLevel = z.enum(riskLevels).openapi({
	description: "By the score, and `high` or `critical` as soon as a claim is contradicted.",
});

const verificationSchema = z
	.object({
		id: z.uuid(),
		request_id: z
			.string()
			.openapi({ description: "The request, as logs have it.", example: "8f14e45f-ceea-467f-a0e6-5a1c2d3b4e5f" }),
		text: z.string().openapi({ example: "The flight to Lisbon leaves from gate B22." }),
		item_id: z.uuid().nullable().openapi({ description: "The item whose description was checked.", example: null }),
		sources: z.array(z.enum(verificationSources)),
		accuracy_score: accuracyScore,
		risk_level: riskLevel,
		claims: z.array(claim),
		model: z.string().openapi({ description: "`provider/model`.", example: "anthropic/claude-sonnet-5-5" }),
		model_used: z.string().openapi({
			description: "`model`, by the name that analyses give it.",
			example: "anthropic/claude-sonnet-5-5",
		}),
		duration_ms: z.int().min(0).openapi({ example: 840 }),
		cached: z.boolean().openapi({
			description:
				"The outcome is that of the same request before, and cost nothing: nothing in the collection changed since.",
			example: false,
		}),
		cost_usd: z.number().min(0).nullable().openapi({ description: "Null where a price is unknown." }),
		notices: z.array(z.string()).openapi({ description: "Sentences about how it was checked." }),
		created_at: z.iso.datetime(),
	})
	.openapi("Verification");

const listedSchema = z
	.object({
		id: z.uuid(),
		item_id: z.uuid().nullable().openapi({ example: null }),
		text: z
			.string()
			.openapi({ description: "Its first 200 characters.", example: "The flight to Lisbon leaves from gate B22." }),
		accuracy_score: accuracyScore,
		risk_level: riskLevel,
		supported: z.int().min(0).openapi({ example: 1 }),
		contradicted: z.int().min(0).openapi({ example: 0 }),
		not_found: z.int().min(0).openapi({ example: 0 }),
		model: z.string().openapi({ example: "anthropic/claude-sonnet-5-5" }),
		created_at: z.iso.datetime(),
	})
	.openapi("ListedVerification");

const verify = guarded(routes.verifyText, {
	tags,
	summary: "Check a text, claim by claim",
	description:
		"The text is cut into claims, each of which is looked for. Code compares words, numbers, dates, names and negations; a chat model, where the environment has one, judges what was said in other words, and its quotes are checked. Texts and items are data: an instruction in them changes nothing.",
	request: { query: noQuery, body: requiredBody(request) },
	responses: {
		...notFound,
		201: json("What was found for each claim.", verificationSchema),
		501: providerOff,
		502: modelGone,
	},
});

const list = guarded(routes.listVerifications, {
	tags,
	summary: "List what you had checked, newest first",
	request: {
		query: z.strictObject({
			limit: wholeNumber(1, maxPageSize, 50),
			cursor: text(2_000).optional().openapi({ description: "The `next_cursor` of the page before." }),
		}),
	},
	responses: {
		200: json(
			"A page of verifications.",
			z.object({ verifications: z.array(listedSchema), next_cursor: z.string().nullable() }),
		),
	},
});

const get = guarded(routes.getVerification, {
	tags,
	summary: "Get a verification",
	request: { params: idParams, query: noQuery },
	responses: { 200: json("The verification.", verificationSchema) },
});

const remove = deletion(routes.deleteVerification, { tags, summary: "Delete a verification" });

/** Measured from the request's beginning; the rest of the 26 seconds is for running work. */
const verifiedAfterMs = 20_000;

/** Serves a person's verifications. */
export const register: RegisterRoutes = (app, ports, { deployment, personsQuotas, verificationCacheMinutes }) => {
	const askCache = optionalStore((error) => log.warn("the cache of verifications did not answer", { error }));
	app.openapi(verify, async (c) => {
		const { text, item_id: itemId, sources, model } = c.req.valid("json");
		// With the stemmers, which lists do not need.
		const { verifyText } = await import("#core/verification/verify-text.ts");
		const userId = c.get("userId");
		const asked = {
			requestId: c.get("requestId"),
			subject: itemId ? { itemId } : { text: text ?? "" },
			sources: [...new Set(sources)],
			model: model || undefined,
			deadline: new Date(Date.now() + verifiedAfterMs),
			cache: {
				seconds: verificationCacheMinutes * 60,
				release: deployment.gitSha,
				ask: askCache,
			},
		};
		const quotas = await personsQuotas(c.get("userId"), c.get("groups"), "verifications");
		const verification = await countUse(ports, quotas, userId, "verifications", () =>
			verifyText(ports, userId, asked),
		).catch((error) => {
			throw inField(error, { provider_not_available: "body.model", model_not_found: "body.model" });
		});
		if (verification.cached) {
			log.info("verification cached", { request_id: c.get("requestId") }, { metrics: { CachedVerifications: 1 } });
		}
		return c.json(presentVerification(verification), 201);
	});

	app.openapi(list, async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const { verifications, nextCursor } = await ports.verifications.list(c.get("userId"), { limit, cursor });
		return c.json({ verifications: verifications.map(presentListed), next_cursor: nextCursor }, 200);
	});

	app.openapi(get, async (c) => {
		const id = idOf(c.req.valid("param").id, verificationNotFound);
		const found = await ports.verifications.find(c.get("userId"), id);
		if (!found) throw verificationNotFound(id);
		return c.json(presentVerification(found), 200);
	});

	app.openapi(
		remove,
		deleteById((userId, id) => ports.verifications.delete(userId, id), verificationNotFound),
	);
};

function presentVerification(verification: Verification): z.infer<typeof verificationSchema> {
	const { id, requestId, text, itemId, sources, claims, model, durationMs, costUsd, notices } = verification;
	return {
		id,
		request_id: requestId,
		text,
		item_id: itemId,
		sources,
		accuracy_score: verification.accuracyScore,
		risk_level: verification.riskLevel,
		claims: claims.map(presentClaim),
		model,
		model_used: model,
		duration_ms: durationMs,
		cached: verification.cached,
		cost_usd: costUsd,
		notices,
		created_at: verification.createdAt.toISOString(),
	};
}

function presentClaim(verified: VerifiedClaim): z.infer<typeof claim> {
	const { text, start, end, verdict, citations } = verified;
	return {
		text,
		start,
		end,
		verdict,
		reason: explainVerdict(verified),
		citations: citations.map(({ itemId, url, sentence, box, difference }) => ({
			item_id: itemId,
			url,
			sentence,
			box: box && presentBox(box),
			difference,
		})),
	};
}

function presentListed(listed: ListedVerification): z.infer<typeof listedSchema> {
	const { id, itemId, text, accuracyScore, riskLevel, supported, contradicted, notFound, model, createdAt } = listed;
	return {
		id,
		item_id: itemId,
		text,
		accuracy_score: accuracyScore,
		risk_level: riskLevel,
		supported,
		contradicted,
		not_found: notFound,
		model,
		created_at: createdAt.toISOString(),
	};
}
