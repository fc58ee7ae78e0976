import { unknownCursor } from "#core/errors.ts";
import type { TokenUsage } from "#core/items/analysis.ts";
import type { Billed, Usage } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { decodeParts, encodeParts } from "../list-cursor.ts";
import { sql } from "../sql.ts";
import { isKept } from "./deleted-accounts.ts";

interface BilledRow {
	calls: number;
	input_tokens: number;
	output_tokens: number;
	cost_usd: number;
	unpriced_calls: number;
}

interface UsageRow extends BilledRow {
	day: string;
	provider: string;
	model: string;
}

/** The sum of some rows. */
const billed = sql`sum(calls)::int as calls, sum(input_tokens)::float8 as input_tokens, sum(output_tokens)::float8 as output_tokens,
  sum(cost_usd)::float8 as cost_usd, sum(unpriced_calls)::int as unpriced_calls`;

/** A person's use of the service in PostgreSQL. */
export function postgresUsage(db: Database): Usage {
	return {
		async record(userId, calls) {
			await db.query(
				sql`with billed as (
				      select provider, model, count(*)::int as calls, sum(input_tokens) as input_tokens,
				        sum(output_tokens) as output_tokens, coalesce(sum(cost_usd), 0) as cost_usd,
				        count(*) filter (where cost_usd is null)::int as unpriced_calls
				      from jsonb_to_recordset(${rowsOf(calls)}::jsonb)
				        as call (provider text, model text, input_tokens bigint, output_tokens bigint, cost_usd numeric)
				      group by provider, model
				      -- Two recordings lock the rows that both change in one order.
				      order by provider, model
				    )
				    insert into model_usage (user_id, day, provider, model, calls, input_tokens, output_tokens, cost_usd, unpriced_calls)
				    select ${userId}, (clock_timestamp() at time zone 'UTC')::date, provider, model, calls, input_tokens, output_tokens,
				      cost_usd, unpriced_calls
				    from billed where ${isKept(userId)}
				    on conflict (user_id, day, provider, model) do update set
				      calls = model_usage.calls + excluded.calls,
				      input_tokens = model_usage.input_tokens + excluded.input_tokens,
				      output_tokens = model_usage.output_tokens + excluded.output_tokens,
				      cost_usd = model_usage.cost_usd + excluded.cost_usd,
				      unpriced_calls = model_usage.unpriced_calls + excluded.unpriced_calls`,
			);
		},

		async days(userId, { from, to }) {
			const rows = await db.query<UsageRow>(
				sql`select day::text, provider, model, calls, input_tokens::float8, output_tokens::float8, cost_usd::float8, unpriced_calls
				    from model_usage where user_id = ${userId} and day between ${from}::date and ${to}::date
				    order by day desc, provider, model`,
			);
			return rows.map((row) => ({
				day: row.day,
				provider: row.provider,
				model: row.model,
				...billedFromRow(row),
			}));
		},

		async everybody({ from, to }) {
			const rows = await db.query<BilledRow & { day: string; people: number }>(
				sql`select day::text, count(distinct user_id)::int as people, ${billed}
				    from model_usage where day between ${from}::date and ${to}::date
				    group by day order by day desc`,
			);
			return rows.map((row) => ({ day: row.day, people: row.people, ...billedFromRow(row) }));
		},

		async people({ from, to }, { limit, cursor }) {
			const after = cursor === undefined ? null : readCursor(cursor);
			const rows = await db.query<BilledRow & { user_id: string; exact_cost: string }>(
				sql`with summed as (
				      select user_id, sum(cost_usd) as exact_cost, ${billed}
				      from model_usage where day between ${from}::date and ${to}::date
				      group by user_id
				    )
				    select user_id, exact_cost::text, calls, input_tokens, output_tokens, cost_usd, unpriced_calls
				    from summed
				    where ${after === null} or
				      (exact_cost, calls, user_id) < (${after?.cost ?? "0"}::numeric, ${after?.calls ?? 0}::int, ${after?.userId ?? ""})
				    order by summed.exact_cost desc, summed.calls desc, summed.user_id desc
				    limit ${limit + 1}`,
			);
			const page = rows.slice(0, limit);
			const last = rows.length > limit ? page.at(-1) : undefined;
			return {
				people: page.map((row) => ({ userId: row.user_id, ...billedFromRow(row) })),
				nextCursor: last ? encodeParts([last.exact_cost, String(last.calls), last.user_id]) : null,
			};
		},

		async stored(userId) {
			const [row] = await db.query<{ items: number; bytes: number }>(
				sql`select count(*)::int as items, coalesce(sum(file_size), 0)::float8 as bytes
				    from items where user_id = ${userId} and status <> 'pending'`,
			);
			return row ?? { items: 0, bytes: 0 };
		},
	};
}

const billedFromRow = (row: BilledRow): Billed => ({
	calls: row.calls,
	inputTokens: row.input_tokens,
	outputTokens: row.output_tokens,
	costUsd: row.cost_usd,
	unpricedCalls: row.unpriced_calls,
});

/** @throws AppError `invalid_request` */
function readCursor(cursor: string) {
	const [cost = "", calls = "", userId = "", ...more] = decodeParts(cursor);
	if (!/^\d{1,20}(\.\d{1,9})?$/.test(cost) || !/^\d{1,9}$/.test(calls) || userId === "" || more.length > 0) {
		throw unknownCursor();
	}
	return { cost, calls: Number(calls), userId };
}

function rowsOf(calls: TokenUsage[]): string {
	return JSON.stringify(
		calls.map(({ provider, model, inputTokens, outputTokens, costUsd }) => ({
			provider,
			model,
			input_tokens: inputTokens,
			output_tokens: outputTokens,
			cost_usd: costUsd,
		})),
	);
}
