import { randomUUID } from "node:crypto";
import { AppError } from "#core/errors.ts";
import type { DueDelivery, Webhooks } from "#core/ports/index.ts";
import { type Delivery, maxFailingSeconds, maxWebhooks, type WebhookEvent } from "#core/webhooks/webhook.ts";
import { camelCased } from "../camel-case.ts";
import type { Database } from "../database.ts";
import { sql } from "../sql.ts";
import { storableText } from "../text.ts";

interface WebhookRow {
	id: string;
	user_id: string;
	url: string;
	events: WebhookEvent[];
	created_at: Date;
	failing_since: Date | null;
	disabled_at: Date | null;
	last_attempt_at: Date | null;
	last_status: number | null;
	last_error: string | null;
}

interface DeliveryRow {
	id: string;
	user_id: string;
	webhook_id: string;
	type: Delivery["type"];
	item_id: string | null;
	error_code: string | null;
	attempts: number;
	created_at: Date;
	url: string;
	secret: string;
	failures: number;
}

/** Every column but the secret, which no list needs. */
const columns = sql`id, user_id, url, events, created_at, failing_since, disabled_at, last_attempt_at, last_status, last_error`;

/** The time as the columns hold it, rounded to a millisecond: without that, what is due now is due up to half of one later. */
const now = sql`clock_timestamp()::timestamptz(3)`;

/** A condition on a delivery and its webhook: an attempt may be made. */
const isDue = sql`webhook_deliveries.due_at <= ${now} and webhooks.retry_at <= ${now}`;

/** Webhooks in PostgreSQL. */
export function postgresWebhooks(db: Database): Webhooks {
	return {
		async create({ id, userId, url, events, secret }) {
			const [row] = await db.query<WebhookRow>(
				sql`insert into webhooks (user_id, id, url, events, secret)
				    select ${userId}, ${id}::uuid, ${storableText(url)}::text, ${events}::text[], ${secret}::text
				    where (select count(*) < ${maxWebhooks} from webhooks where user_id = ${userId})
				    returning ${columns}`,
			);
			if (row) return camelCased(row);
			throw new AppError(
				"too_many_webhooks",
				`You have ${maxWebhooks} webhooks, which is the maximum: delete one, then make another.`,
			);
		},

		async list(userId) {
			const rows = await db.query<WebhookRow>(
				sql`select ${columns} from webhooks where user_id = ${userId} order by created_at desc, id desc limit ${maxWebhooks}`,
			);
			return rows.map(camelCased);
		},

		async delete(userId, webhookId) {
			const deleted = await db.query(
				sql`delete from webhooks where user_id = ${userId} and id = ${webhookId} returning id`,
			);
			return deleted.length > 0;
		},

		async addTest(userId, webhookId) {
			const [row] = await db.query<{ id: string }>(
				sql`with tested as (
				      update webhooks set retry_at = clock_timestamp() where user_id = ${userId} and id = ${webhookId} returning id
				    )
				    insert into webhook_deliveries (user_id, id, webhook_id, type, created_at)
				    -- First of all: whoever tests waits for it.
				    select ${userId}, ${randomUUID()}::uuid, id, 'webhook.test', 'epoch' from tested
				    returning id`,
			);
			return row?.id ?? null;
		},

		async claimDue(userId, leaseSeconds) {
			const leaseEnds = sql`clock_timestamp() + make_interval(secs => ${leaseSeconds})`;
			const [row] = await db.query<DeliveryRow>(
				sql`with next as (
				      select webhook_deliveries.id, webhook_id, webhooks.url, webhooks.secret, webhooks.failures
				      from webhook_deliveries join webhooks
				        on webhooks.user_id = ${userId} and webhooks.id = webhook_deliveries.webhook_id
				      where webhook_deliveries.user_id = ${userId} and ${isDue}
				      order by webhook_deliveries.created_at, webhook_deliveries.id
				      limit 1
				      for update of webhook_deliveries, webhooks skip locked
				    ), busy as (
				      update webhooks set retry_at = ${leaseEnds} from next where user_id = ${userId} and webhooks.id = next.webhook_id
				    )
				    update webhook_deliveries set due_at = ${leaseEnds}, attempts = attempts + 1
				    from next
				    where webhook_deliveries.user_id = ${userId} and webhook_deliveries.id = next.id
				    returning webhook_deliveries.id, user_id, webhook_deliveries.webhook_id, type, item_id, error_code, attempts, created_at, url, secret, failures`,
			);
			return row ? deliveryFromRow(row) : null;
		},

		async succeed({ userId, webhookId, id }, status) {
			await db.query(
				sql`with delivered as (
				      delete from webhook_deliveries where user_id = ${userId} and id = ${id}
				    )
				    update webhooks set failures = 0, failing_since = null, disabled_at = null, retry_at = clock_timestamp(),
				      last_attempt_at = clock_timestamp(), last_status = ${status}, last_error = null
				    where user_id = ${userId} and id = ${webhookId}`,
			);
		},

		async fail({ userId, webhookId, id }, { status, error }, retrySeconds) {
			const isOver = sql`make_interval(secs => ${maxFailingSeconds})`;
			return db.transaction(async (tx) => {
				const [row] = await tx.query<{ switched_off: boolean; is_off: boolean }>(
					sql`with before as (
					      select disabled_at as was_disabled_at from webhooks where user_id = ${userId} and id = ${webhookId} for update
					    )
					    update webhooks set failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()),
					      retry_at = clock_timestamp() + make_interval(secs => ${retrySeconds}),
					      disabled_at = coalesce(disabled_at, case when failing_since < clock_timestamp() - ${isOver} then clock_timestamp() end),
					      last_attempt_at = clock_timestamp(), last_status = ${status}, last_error = ${storableText(error)}
					    from before
					    where user_id = ${userId} and id = ${webhookId}
					    returning disabled_at is not null as is_off, was_disabled_at is null and disabled_at is not null as switched_off`,
				);
				await tx.query(
					sql`delete from webhook_deliveries where user_id = ${userId} and webhook_id = ${webhookId}
					      and (${row?.is_off ?? true}::boolean or (id = ${id} and created_at < clock_timestamp() - ${isOver}))`,
				);
				await tx.query(
					sql`update webhook_deliveries set due_at = clock_timestamp() where user_id = ${userId} and id = ${id}`,
				);
				return { isOff: row?.is_off ?? true, switchedOff: row?.switched_off ?? false };
			});
		},

		async isDue(userId) {
			const found = await db.query(
				sql`select webhook_deliveries.id from webhook_deliveries join webhooks
				      on webhooks.user_id = ${userId} and webhooks.id = webhook_deliveries.webhook_id
				    where webhook_deliveries.user_id = ${userId} and ${isDue}
				    limit 1`,
			);
			return found.length > 0;
		},

		async owed(olderThanSeconds, limit) {
			const before = sql`${now} - make_interval(secs => ${olderThanSeconds})`;
			const rows = await db.query<{ user_id: string }>(
				sql`select webhook_deliveries.user_id
				    from webhook_deliveries join webhooks
				      on webhooks.user_id = webhook_deliveries.user_id and webhooks.id = webhook_deliveries.webhook_id
				    where webhook_deliveries.due_at <= ${before} and webhooks.retry_at <= ${before}
				    group by webhook_deliveries.user_id
				    order by min(webhook_deliveries.due_at)
				    limit ${limit}`,
			);
			return rows.map((row) => row.user_id);
		},
	};
}

/** A test stands first by a time before all others. */
const deliveryFromRow = (row: DeliveryRow): DueDelivery => ({
	...camelCased(row),
	createdAt: row.type === "webhook.test" ? new Date() : row.created_at,
});
