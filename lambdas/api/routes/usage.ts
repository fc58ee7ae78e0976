import { z } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import { quotasOf } from "#core/limits/limits.ts";
import { countedUses, endOf, periods, type UseQuotas } from "#core/limits/quotas.ts";
import { tierOf, tiers } from "#core/limits/tiers.ts";
import type { QuotaCounts, UsageOfDay } from "#core/ports/index.ts";
import { log } from "#lambda-kit/log.ts";
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

const quota = z
	.object({
		use: z.enum(countedUses).openapi({ description: "`messages` are those to chats." }),
		period: z.enum(periods),
		limit: z.int(),
		used: z.int(),
		left: z.int(),
		resets_at: z.iso.datetime(),
	})
	.openapi("Quota");

const get = guarded(routes.getUsage, {
	tags: ["Account"],
	summary: "Your stored items, your quotas, and what models billed for you",
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
					tier: z.enum(tiers).openapi({ description: "As your token has it; it decides the quotas." }),
					quotas: z.array(quota).nullable().openapi({
						description: "Your quotas of this day and month, of UTC; null while they cannot be looked up.",
					}),
					total: z.object(billed),
					days: z.array(z.object({ day: z.iso.date(), provider: z.string(), model: z.string(), ...billed })),
				})
				.openapi("Usage"),
		),
	},
});

/** Serves what a person's use of the service amounts to. */
export const register: RegisterRoutes = (app, { usage, quotaCounts }, { limits }) => {
	/** Returns null where the counts are away: the rest is answered all the same. */
	async function quotas(userId: string, groups: readonly string[]) {
		const known = await quotaCounts.used(userId).catch((error) => {
			log.warn("the use of quotas was not looked up", { error });
			return null;
		});
		return known && presentQuotas(quotasOf(limits, groups), known);
	}

	app.openapi(get, async (c) => {
		const userId = c.get("userId");
		const groups = c.get("groups");
		const range = rangeOf(c.req.valid("query"), new Date());
		const [stored, days, left] = await Promise.all([
			usage.stored(userId),
			usage.days(userId, range),
			quotas(userId, groups),
		]);
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
				tier: tierOf(groups),
				quotas: left,
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

/** A quota may be below what was used before it was changed. */
const presentQuotas = (quotas: UseQuotas, { at, uses }: Awaited<ReturnType<QuotaCounts["used"]>>) =>
	countedUses.flatMap((use) =>
		periods.map((period) => ({
			use,
			period,
			limit: quotas[use][period],
			used: uses[use][period],
			left: Math.max(0, quotas[use][period] - uses[use][period]),
			resets_at: endOf(period, at).toISOString(),
		})),
	);

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
