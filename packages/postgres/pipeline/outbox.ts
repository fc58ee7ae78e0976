import type { EventType, OutgoingEvent } from "#core/pipeline/events.ts";
import type { Outbox } from "#core/ports/index.ts";
import type { Database, Queryable } from "../database.ts";
import { storableJson } from "../text.ts";

/** Events in PostgreSQL that wait to be sent; a sent one is deleted. */
export function postgresOutbox(db: Database): Outbox {
	return {
		async unsent(scope) {
			const rows = await ("userId" in scope
				? db.query<EventRow>(
						`select id, type, detail from outbox where user_id = $1 and item_id = $2
						 order by created_at, id`,
						[scope.userId, scope.itemId],
					)
				: db.query<EventRow>(
						`select id, type, detail from outbox
						 where created_at <= clock_timestamp() - make_interval(secs => $1)
						 order by created_at, id
						 limit $2`,
						[scope.olderThanSeconds, scope.limit],
					));
			return rows.map(eventFromRow);
		},

		async markSent(ids) {
			// A row that another transaction is deleting counts as deleted: waiting for it could deadlock.
			await db.query(
				`delete from outbox where id in
				   (select id from outbox where id = any($1) for update skip locked)`,
				[ids],
			);
		},
	};
}

/** Leaves an event with the result it announces, in the transaction that writes it. */
export async function announce(tx: Queryable, { id, type, detail }: OutgoingEvent): Promise<void> {
	await tx.query(
		`insert into outbox (id, item_id, user_id, type, detail) values ($1, $2, $3, $4, $5)
		 on conflict (id) do nothing`,
		[id, detail.item_id, detail.user_id, type, storableJson(detail)],
	);
}

interface EventRow {
	id: string;
	type: EventType;
	detail: OutgoingEvent["detail"];
}

function eventFromRow({ id, type, detail }: EventRow): OutgoingEvent {
	return { id, type, detail };
}
