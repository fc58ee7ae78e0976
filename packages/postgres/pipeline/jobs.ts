import { randomUUID } from "node:crypto";
import { exportRunning, itemNotFound, tooManyJobs } from "#core/errors.ts";
import { type Job, type JobState, jobExhausted } from "#core/jobs/job.ts";
import { type JobLease, type Jobs, maxAttempts } from "#core/ports/index.ts";
import { type Database, type Queryable, violatedUnique } from "../database.ts";
import { constant, sql } from "../sql.ts";
import { storableJson, storableText } from "../text.ts";

interface JobRow {
	id: string;
	user_id: string;
	kind: string;
	input: unknown;
	state: JobState;
	total: number;
	done: number;
	failed: number;
	result_key: string | null;
	error_code: string | null;
	error_detail: string | null;
	created_at: Date;
	updated_at: Date;
	finished_at: Date | null;
}

/** Jobs in PostgreSQL. */
export function postgresJobs(db: Database): Jobs {
	return {
		async create({ id, userId, kind, input, itemIds }, { maxOpen }) {
			const created = db.transaction(async (tx) => {
				const [created] = await tx.query(
					sql`insert into jobs (user_id, id, kind, input, total)
					    select ${userId}, ${id}, ${kind}, ${storableJson(input)}::jsonb, ${itemIds.length}
					    where (select count(*) from jobs where user_id = ${userId} and ${isOpen}) < ${maxOpen}
					    returning id`,
				);
				if (!created) throw tooManyJobs(maxOpen);
				const [{ missing } = { missing: 0 }] = await tx.query<{ missing: number }>(
					sql`with added as (
					      insert into job_items (user_id, job_id, place, item_id, error_code, error_detail)
					      select ${userId}, ${id}, place, given.id,
					        case when items.id is null then 'item_not_found' end,
					        case when items.id is null then 'There is no item ' || given.id || '.' end
					      from unnest(${itemIds}::uuid[]) with ordinality as given (id, place)
					      left join items on items.user_id = ${userId} and items.id = given.id
					      returning error_code
					    )
					    select count(error_code)::int as missing from added`,
				);
				const [first] = itemIds;
				if (first && missing === itemIds.length) throw itemNotFound(first);
				const [row] = await tx.query<JobRow>(
					sql`update jobs set failed = ${missing} where user_id = ${userId} and id = ${id} returning *`,
				);
				if (!row) throw new Error(`The job ${id} was created and is not there.`);
				return jobFromRow(row);
			});
			try {
				return await created;
			} catch (error) {
				if (violatedUnique(error) !== "one_export_at_a_time") throw error;
				const [running] = await db.query<{ id: string }>(
					sql`select id from jobs where user_id = ${userId} and kind = 'export' and ${isOpen}`,
				);
				// Without one it has ended since.
				throw running ? exportRunning(running.id) : error;
			}
		},

		find: (userId, jobId) => jobOf(db, userId, jobId),

		async failures(userId, jobId, limit) {
			const rows = await db.query<{ item_id: string; error_code: string; error_detail: string }>(
				sql`select item_id, error_code, error_detail from job_items
				    where user_id = ${userId} and job_id = ${jobId} and error_code is not null
				    order by place limit ${limit}`,
			);
			return rows.map(({ item_id, error_code, error_detail }) => ({
				itemId: item_id,
				code: error_code,
				detail: error_detail,
			}));
		},

		cancel: (userId, jobId) =>
			db.transaction(async (tx) => {
				const [row] = await tx.query<JobRow>(
					sql`update jobs set state = 'canceled', finished_at = clock_timestamp(), updated_at = clock_timestamp(),
					      lease_token = null, lease_expires_at = null
					    where user_id = ${userId} and id = ${jobId} and ${isOpen}
					    returning *`,
				);
				if (row) await forgetWaiting(tx, userId, jobId);
				return row ? jobFromRow(row) : jobOf(tx, userId, jobId);
			}),

		async pause(userId, jobId, paused) {
			const [row] = await db.query<JobRow>(
				sql`update jobs set
				      state = case when ${paused} then 'paused' when served_at is null then 'queued' else 'running' end,
				      due_at = clock_timestamp(), attempts = 0, swept_at = null, updated_at = clock_timestamp(),
				      lease_token = null, lease_expires_at = null
				    where user_id = ${userId} and id = ${jobId} and ${isOpen} and (state = 'paused') <> ${paused}
				    returning *`,
			);
			return row ? jobFromRow(row) : jobOf(db, userId, jobId);
		},

		async waiting({ userId, jobId }, limit) {
			const rows = await db.query<{ item_id: string }>(
				sql`select item_id from job_items
				    where user_id = ${userId} and job_id = ${jobId} and error_code is null
				    order by place limit ${limit}`,
			);
			return rows.map(({ item_id }) => item_id);
		},

		record: (lease, { done, failed }) =>
			db.transaction(async (tx) => {
				const { userId, jobId } = lease;
				const [held] = await tx.query(sql`select id from jobs where ${isHeld(lease)} for update`);
				if (!held) return false;
				const removed = await tx.query(
					sql`delete from job_items
					    where user_id = ${userId} and job_id = ${jobId} and error_code is null
					      and item_id = any(${done}::uuid[])
					    returning item_id`,
				);
				const marked = await tx.query(
					sql`update job_items set error_code = given.code, error_detail = given.detail
					    from unnest(${failed.map(({ itemId }) => itemId)}::uuid[], ${failed.map(({ code }) => code)}::text[],
					      ${failed.map(({ detail }) => storableText(detail))}::text[]) as given (id, code, detail)
					    where user_id = ${userId} and job_id = ${jobId} and error_code is null and item_id = given.id
					    returning item_id`,
				);
				await tx.query(
					sql`update jobs set done = done + ${removed.length}, failed = failed + ${marked.length},
					      attempts = case when ${removed.length + marked.length} > 0 then 0 else attempts end,
					      updated_at = clock_timestamp()
					    where user_id = ${userId} and id = ${jobId}`,
				);
				return true;
			}),

		async release(lease, { seconds, isFailure }) {
			await db.query(
				sql`update jobs set lease_token = null, lease_expires_at = null,
				      due_at = clock_timestamp() + make_interval(secs => ${seconds}),
				      attempts = case when ${isFailure} then attempts else 0 end
				    where ${isHeld(lease)}`,
			);
		},

		async end(lease, { error, resultKey }) {
			await db.transaction(async (tx) => {
				const [ended] = await tx.query(
					sql`update jobs set state = ${error ? "failed" : "done"}, error_code = ${error?.code ?? null},
					      error_detail = ${error ? storableText(error.detail) : null}, result_key = ${resultKey ?? null},
					      lease_token = null, lease_expires_at = null,
					      finished_at = clock_timestamp(), updated_at = clock_timestamp()
					    where ${isHeld(lease)}
					    returning id`,
				);
				if (ended) await forgetWaiting(tx, lease.userId, lease.jobId);
			});
		},

		async next(userId) {
			const [row] = await db.query<{ id: string; seconds: number }>(
				sql`select id, greatest(0, ceil(extract(epoch from due_at - clock_timestamp())))::int as seconds
				    from jobs where user_id = ${userId} and ${isActive}
				    order by due_at, created_at limit 1`,
			);
			return row ? { jobId: row.id, seconds: row.seconds } : null;
		},

		async claim(leaseSeconds) {
			for (;;) {
				const token = randomUUID();
				const [row] = await db.transaction(async (tx) => {
					// Two claims at once would each take a job of the same person, and wait for each other's rows.
					await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('claims of jobs', 0))`);
					return tx.query<JobRow>(claimNext(token, leaseSeconds));
				});
				if (!row) return null;
				if (row.state === "running") {
					return { job: jobFromRow(row), lease: { userId: row.user_id, jobId: row.id, token } };
				}
			}
		},

		async claimStalled({ idleSeconds, againSeconds, limit }) {
			const rows = await db.query<{ user_id: string; id: string }>(
				sql`with stalled as (
				      select distinct on (user_id) user_id, id from jobs
				      where ${isActive} and not ${personIsServed}
				        and greatest(due_at, served_at, lease_expires_at) <= clock_timestamp() - make_interval(secs => ${idleSeconds})
				        and (swept_at is null or swept_at <= clock_timestamp() - make_interval(secs => ${againSeconds}))
				      order by user_id, turn_at, served_at nulls first, created_at
				      limit ${limit}
				    )
				    update jobs set swept_at = clock_timestamp()
				    from stalled
				    where jobs.user_id = stalled.user_id and jobs.id = stalled.id and ${isActive}
				    returning jobs.user_id, jobs.id`,
			);
			return rows.map(({ user_id, id }) => ({ userId: user_id, id }));
		},

		async forget(olderThanSeconds) {
			await db.query(
				sql`delete from jobs where finished_at <= clock_timestamp() - make_interval(secs => ${olderThanSeconds})`,
			);
		},
	};
}

const isOpen = sql`jobs.state in ('queued', 'running', 'paused')`;
const isActive = sql`jobs.state in ('queued', 'running')`;

/** A condition: a slice of one of the person's jobs runs. */
const personIsServed = sql`exists (
	      select from jobs as held
	      where held.user_id = jobs.user_id and held.lease_token is not null and held.lease_expires_at > clock_timestamp())`;

const isHeld = ({ userId, jobId, token }: JobLease) =>
	sql`user_id = ${userId} and id = ${jobId} and lease_token = ${token} and lease_expires_at > clock_timestamp()
	      and state = 'running'`;

/** Makes the statement that claims the next job in turns, or ends the one that has no attempts left. */
function claimNext(token: string, leaseSeconds: number) {
	const isNext = sql`jobs.id = next.id`;
	const hasAttemptsLeft = sql`jobs.attempts < ${constant(maxAttempts)}`;
	const isClaimed = sql`${isNext} and ${hasAttemptsLeft}`;
	const isExhausted = sql`${isNext} and not ${hasAttemptsLeft}`;
	return sql`with next as (
	      select user_id, id from jobs
	      where ${isActive} and due_at <= clock_timestamp() and not ${personIsServed}
	      order by turn_at, served_at nulls first, created_at, id
	      limit 1
	      for update skip locked
	    ), claimed as (
	      update jobs set
	        -- The same for all of the person's jobs.
	        turn_at = statement_timestamp(),
	        served_at = case when ${isNext} then statement_timestamp() else jobs.served_at end,
	        state = case when ${isClaimed} then 'running' when ${isExhausted} then 'failed' else jobs.state end,
	        attempts = jobs.attempts + case when ${isClaimed} then 1 else 0 end,
	        lease_token = case when ${isClaimed} then ${token}::uuid when ${isNext} then null else jobs.lease_token end,
	        lease_expires_at = case
	          when ${isClaimed} then clock_timestamp() + make_interval(secs => ${leaseSeconds})
	          when ${isNext} then null else jobs.lease_expires_at end,
	        error_code = case when ${isExhausted} then ${jobExhausted.code} else jobs.error_code end,
	        error_detail = case when ${isExhausted}
	          then ${jobExhausted.detail} else jobs.error_detail end,
	        finished_at = case when ${isExhausted} then clock_timestamp() else jobs.finished_at end,
	        updated_at = clock_timestamp()
	      from next
	      where jobs.user_id = next.user_id and ${isActive}
	      returning jobs.*, ${isNext} as is_next
	    )
	    select * from claimed where is_next`;
}

async function jobOf(db: Queryable, userId: string, jobId: string): Promise<Job | null> {
	const [row] = await db.query<JobRow>(sql`select * from jobs where user_id = ${userId} and id = ${jobId}`);
	return row ? jobFromRow(row) : null;
}

/** The items that were not reached: the job says how many there were. */
async function forgetWaiting(tx: Queryable, userId: string, jobId: string): Promise<void> {
	await tx.query(sql`delete from job_items where user_id = ${userId} and job_id = ${jobId} and error_code is null`);
}

function jobFromRow(row: JobRow): Job {
	return {
		id: row.id,
		userId: row.user_id,
		kind: row.kind,
		input: row.input,
		state: row.state,
		total: row.total,
		done: row.done,
		failed: row.failed,
		resultKey: row.result_key,
		error: row.error_code === null ? null : { code: row.error_code, detail: row.error_detail ?? "" },
		createdAt: row.created_at,
		updatedAt: row.updated_at,
		finishedAt: row.finished_at,
	};
}
