import type { ItemEventType, OutgoingEvent } from "#core/pipeline/events.ts";
import type { Outbox } from "#core/ports/index.ts";
import type { Database, Queryable } from "../database.ts";
import { sql } from "../sql.ts";
import { storableJson } from "../text.ts";
import { nextInTurns } from "./turns.ts";

/** Events in PostgreSQL that wait to be sent; a sent one is deleted. */
export function postgresOutbox(db: Database): Outbox {
	return {
		async unsent(scope) {
			const rows = await ("userId" in scope
				? db.query<EventRow>(
						sql`select id, type, detail from outbox where user_id = ${scope.userId} and item_id = ${scope.itemId}
						    order by created_at, id`,
					)
				: db.query<EventRow>(
						sql`with recursive ${nextInTurns({
							table: sql`outbox`,
							columns: sql`id, type, detail`,
							isWaiting: sql`true`,
							isDue: sql`created_at <= clock_timestamp() - make_interval(secs => ${scope.olderThanSeconds})`,
							touchedAt: sql`created_at`,
							limit: scope.limit,
						})}
						    select id, type, detail from next order by turn, touched_at, id`,
					));
			return rows.map(eventFromRow);
		},

		async markSent(ids) {
			// A row that another transaction is deleting counts as deleted: waiting for it could deadlock.
			await db.query(
				sql`delete from outbox where id in
				      (select id from outbox where id = any(${ids}) for update skip locked)`,
			);
		},
	};
}

/** Leaves an event with the result it announces, in the transaction that writes it. */
export async function announce(tx: Queryable, { id, type, detail }: OutgoingEvent): Promise<void> {
	await tx.query(
		sql`insert into outbox (id, item_id, user_id, type, detail)
		    values (${id}, ${detail.item_id}, ${detail.user_id}, ${type}, ${storableJson(detail)})
		    on conflict (id) do nothing`,
	);
}

interface EventRow {
	id: string;
	type: ItemEventType;
	detail: OutgoingEvent["detail"];
}

function eventFromRow({ id, type, detail }: EventRow): OutgoingEvent {
	return { id, type, detail };
}
