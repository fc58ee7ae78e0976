import { tierOf } from "#core/limits/tiers.ts";
import type { Subscriptions } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { sql } from "../sql.ts";
import { isKept } from "./deleted-accounts.ts";

/** Subscriptions in PostgreSQL. */
export function postgresSubscriptions(db: Database): Subscriptions {
	return {
		async link(customerId, userId, toldAt) {
			await db.query(
				sql`insert into payers (customer_id, user_id, told_at)
				    select ${customerId}, ${userId}, ${toldAt}::timestamptz where ${isKept(userId)}
				    on conflict (customer_id) do update set user_id = excluded.user_id, told_at = excluded.told_at
				    where payers.told_at <= excluded.told_at`,
			);
		},

		async record({ id, customerId, tier, hasEnded }, toldAt) {
			await db.query(
				sql`insert into subscriptions (id, customer_id, tier, has_ended, told_at)
				    values (${id}, ${customerId}, ${tier}, ${hasEnded}, ${toldAt})
				    on conflict (id) do update set customer_id = excluded.customer_id, tier = excluded.tier,
				      has_ended = excluded.has_ended, told_at = excluded.told_at
				    where subscriptions.told_at <= excluded.told_at and not subscriptions.has_ended`,
			);
		},

		async payer(customerId) {
			const [row] = await db.query<{ user_id: string; tiers: string[] }>(
				sql`select payers.user_id,
				      array(
				        select distinct subscriptions.tier
				        from payers as every_payer
				        join subscriptions on subscriptions.customer_id = every_payer.customer_id
				        where every_payer.user_id = payers.user_id
				      ) as tiers
				    from payers where payers.customer_id = ${customerId}`,
			);
			return row ? { userId: row.user_id, tier: tierOf(row.tiers) } : null;
		},
	};
}
