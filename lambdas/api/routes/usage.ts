import { z } from "@hono/zod-openapi";
import { countedUses, endOf, periods, type UseQuotas } from "#core/limits/quotas.ts";
import { tierOf, tiers } from "#core/limits/tiers.ts";
import { sumOfBilled } from "#core/people/billed.ts";
import type { QuotaCounts } from "#core/ports/index.ts";
import { log } from "#lambda-kit/log.ts";
import { dayRangeOf, dayRangeQuery, maxDays } from "../http/day-range.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json } from "../http/routing.ts";
import { billedFields, presentBilled } from "../presenters/billed.ts";
import { routes } from "./table.ts";

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
		query: z.strictObject(dayRangeQuery),
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
					total: z.object(billedFields),
					days: z.array(z.object({ day: z.iso.date(), provider: z.string(), model: z.string(), ...billedFields })),
				})
				.openapi("Usage"),
		),
	},
});

/** Serves what a person's use of the service amounts to. */
export const register: RegisterRoutes = (app, { usage, quotaCounts }, { personsQuotas }) => {
	/** Returns null where the counts are away: the rest is answered all the same. */
	async function quotas(userId: string, groups: readonly string[]) {
		const [known, limits] = await Promise.all([quotaCounts.used(userId), personsQuotas(userId, groups, null)]).catch(
			(error) => {
				log.warn("the use of quotas was not looked up", { error });
				return [null, null];
			},
		);
		return known && limits && presentQuotas(limits, known);
	}

	app.openapi(get, async (c) => {
		const userId = c.get("userId");
		const groups = c.get("groups");
		const range = dayRangeOf(c.req.valid("query"), new Date());
		const [stored, days, left] = await Promise.all([
			usage.stored(userId),
			usage.days(userId, range),
			quotas(userId, groups),
		]);
		return c.json(
			{
				...stored,
				...range,
				tier: tierOf(groups),
				quotas: left,
				total: presentBilled(sumOfBilled(days)),
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
