import { z } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import type { DayRange } from "#core/ports/index.ts";

/** PostgreSQL knows no year 0. */
const firstDay = "0001-01-01";
const day = z.iso
	.date({ error: "Must be a day as 2026-03-01" })
	.refine((written) => written >= firstDay, { error: "Must be of a year from 1 on" });
const dayMs = 86_400_000;
/** By default. */
const shownDays = 30;
export const maxDays = 366;

/** The query of a route that answers about some days of UTC. */
export const dayRangeQuery = {
	from: day.optional().openapi({ description: `The first day. By default ${shownDays - 1} days before \`to\`.` }),
	to: day.optional().openapi({ description: "The last day, included. By default today." }),
};

/** @throws AppError `invalid_fields` where the days are in the wrong order, or too many */
export function dayRangeOf(asked: { from?: string | undefined; to?: string | undefined }, now: Date): DayRange {
	const to = asked.to ?? now.toISOString().slice(0, 10);
	const shown = new Date(Date.parse(to) - (shownDays - 1) * dayMs).toISOString().slice(0, 10);
	const from = asked.from ?? (shown < firstDay ? firstDay : shown);
	const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
	if (days >= 1 && days <= maxDays) return { from, to };
	const detail = days < 1 ? `Is after the last day, ${to}` : `Must be at most ${maxDays} days up to ${to}`;
	throw new AppError("invalid_fields", `query.from: ${detail}.`, { fields: [{ field: "query.from", detail }] });
}
