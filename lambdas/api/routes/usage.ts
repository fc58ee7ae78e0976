import { z } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import type { UsageOfDay } from "#core/ports/index.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json } from "../http/routing.ts";
import { routes } from "./table.ts";

/** PostgreSQL knows no year 0. */
const firstDay = "0001-01-01";
const day = z.iso
	.date({ error: "Must be a day as 2026-03-01" })
	.refine((written) => written >= firstDay, { error: "Must be of a year from 1 on" });
const dayMs = 86_400_000;
/** By default. */
const shownDays = 30;
const maxDays = 366;

const billed = {
	calls: z.int().openapi({ description: "Calls that a provider answered, and so billed." }),
	input_tokens: z.int(),
	output_tokens: z.int(),
	cost_usd: z.number().openapi({ description: "At list prices, of the calls whose price is known." }),
	unpriced_calls: z.int().openapi({ description: "Calls of models whose price is not known." }),
};

const get = guarded(routes.getUsage, {
	tags: ["Account"],
	summary: "Your stored items, and what models billed for you",
	description: `By day of UTC, provider and model, the latest first: descriptions, embeddings, answers and chats. What runs without a provider (\`offline\`) is not billed and not listed. At most ${maxDays} days at once.`,
	request: {
		query: z.strictObject({
			from: day.optional().openapi({ description: `The first day. By default ${shownDays - 1} days before \`to\`.` }),
			to: day.optional().openapi({ description: "The last day, included. By default today." }),
		}),
	},
	responses: {
		200: json(
			"Your usage.",
			z
				.object({
					items: z.int().openapi({ description: "Those in the trash included, without pending ones." }),
					bytes: z.int().openapi({ description: "Of their original files." }),
					from: z.iso.date(),
					to: z.iso.date(),
					total: z.object(billed),
					days: z.array(z.object({ day: z.iso.date(), provider: z.string(), model: z.string(), ...billed })),
				})
				.openapi("Usage"),
		),
	},
});

/** Serves what a person's use of the service amounts to. */
export const register: RegisterRoutes = (app, { usage }) => {
	app.openapi(get, async (c) => {
		const userId = c.get("userId");
		const range = rangeOf(c.req.valid("query"), new Date());
		const [stored, days] = await Promise.all([usage.stored(userId), usage.days(userId, range)]);
		const total = days.reduce(
			(sum, each) => ({
				calls: sum.calls + each.calls,
				inputTokens: sum.inputTokens + each.inputTokens,
				outputTokens: sum.outputTokens + each.outputTokens,
				costUsd: sum.costUsd + each.costUsd,
				unpricedCalls: sum.unpricedCalls + each.unpricedCalls,
			}),
			{ calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpricedCalls: 0 },
		);
		return c.json(
			{
				...stored,
				...range,
				total: presentBilled(total),
				days: days.map((each) => ({
					day: each.day,
					provider: each.provider,
					model: each.model,
					...presentBilled(each),
				})),
			},
			200,
		);
	});
};

const presentBilled = (billed: Omit<UsageOfDay, "day" | "provider" | "model">) => ({
	calls: billed.calls,
	input_tokens: billed.inputTokens,
	output_tokens: billed.outputTokens,
	// A sum of fractions has digits that no price has.
	cost_usd: Number(billed.costUsd.toFixed(9)),
	unpriced_calls: billed.unpricedCalls,
});

/** @throws AppError `invalid_fields` where the days are in the wrong order, or too many */
function rangeOf(asked: { from?: string | undefined; to?: string | undefined }, now: Date) {
	const to = asked.to ?? now.toISOString().slice(0, 10);
	const shown = new Date(Date.parse(to) - (shownDays - 1) * dayMs).toISOString().slice(0, 10);
	const from = asked.from ?? (shown < firstDay ? firstDay : shown);
	const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
	if (days >= 1 && days <= maxDays) return { from, to };
	const detail = days < 1 ? `Is after the last day, ${to}` : `Must be at most ${maxDays} days up to ${to}`;
	throw new AppError("invalid_fields", `query.from: ${detail}.`, { fields: [{ field: "query.from", detail }] });
}
