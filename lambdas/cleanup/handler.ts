import type { Context } from "aws-lambda";
import { Failures } from "#core/failures.ts";
import { emptyTrash } from "#core/items/empty-trash.ts";
import { finishRedactions } from "#core/items/finish-redactions.ts";
import { finishDeletions } from "#core/people/delete-account.ts";
import { sweep } from "#core/pipeline/sweep.ts";
import { indexDocuments } from "#core/search/index-documents.ts";
import { rebuildPartitions } from "#core/search/rebuild-partitions.ts";
import { readEnv } from "#lambda-kit/env.ts";
import { log } from "#lambda-kit/log.ts";
import { connect } from "./connect.ts";
import { cleanupEnv } from "./env.ts";
import { isHourly } from "./schedule.ts";

const ports = connect(readEnv(cleanupEnv));

export const handler = (event: unknown, context: Context) =>
	isHourly(event) ? tidySessions(context) : sweepItems(context);

/** Does everything that can be done, and then fails with what failed. */
async function sweepItems(context: Context) {
	const failures = new Failures();
	const started = Date.now();
	const { errors, ...report } = await sweep(ports);
	failures.errors.push(...errors);
	await failures.collect(async () =>
		log.info(
			"sweep",
			{
				...report,
				request_id: context.awsRequestId,
				duration_ms: Date.now() - started,
			},
			{ metrics: { OldestWait: await ports.stages.oldestWaitSeconds() } },
		),
	);
	await failures.collect(() => deleteAccounts(context));
	await failures.collect(() => trash(context));
	await failures.collect(() => redact(context));
	await failures.collect(() => index(context));
	await failures.collect(() => partition(context));
	for (const error of failures.errors) {
		log.error("a part of the sweep failed", { error, request_id: context.awsRequestId });
	}
	failures.throwIfAny(`${failures.errors.length} parts of the sweep failed: each is a line of the log.`);
	return report;
}

async function deleteAccounts(context: Context) {
	const started = Date.now();
	const report = await finishDeletions(ports, {
		deadline: new Date(started + context.getRemainingTimeInMillis() / 3),
	});
	if (report.emptied === 0) return;
	log.info("deleted accounts emptied", {
		...report,
		request_id: context.awsRequestId,
		duration_ms: Date.now() - started,
	});
}

async function trash(context: Context) {
	const started = Date.now();
	const { deleted } = await emptyTrash(ports, {
		deadline: new Date(started + context.getRemainingTimeInMillis() / 3),
	});
	if (deleted === 0) return;
	log.info("trash emptied", { deleted, request_id: context.awsRequestId, duration_ms: Date.now() - started });
}

async function redact(context: Context) {
	const started = Date.now();
	const report = await finishRedactions(ports, {
		deadline: new Date(started + context.getRemainingTimeInMillis() / 3),
	});
	if (report.usersRedacted === 0) return;
	log.info("deleted items redacted", {
		...report,
		request_id: context.awsRequestId,
		duration_ms: Date.now() - started,
	});
}

/** Writes documents anew: work that only follows a deployment, or a crash after a change of many items. */
async function index(context: Context) {
	const started = Date.now();
	const { rewritten, indexed } = await indexDocuments(ports, {
		deadline: new Date(started + context.getRemainingTimeInMillis() / 3),
	});
	if (rewritten + indexed === 0) return;
	log.info("documents indexed", {
		rewritten,
		indexed,
		request_id: context.awsRequestId,
		duration_ms: Date.now() - started,
	});
}

/** Runs last, since it may take all the time that is left. */
async function partition(context: Context) {
	const started = Date.now();
	const report = await rebuildPartitions(ports, {
		deadline: new Date(started + context.getRemainingTimeInMillis() / 2),
	});
	if (report.rebuilt + report.assigned === 0) return;
	log.info("vectors partitioned", {
		...report,
		request_id: context.awsRequestId,
		duration_ms: Date.now() - started,
	});
}

async function tidySessions(context: Context) {
	const started = Date.now();
	const { active, expired } = await ports.sessionUpkeep.count();
	const { seen, removed } = await ports.sessionUpkeep.removeOrphans();
	log.info(
		"sessions",
		{
			payloads_seen: seen,
			payloads_removed: removed,
			request_id: context.awsRequestId,
			duration_ms: Date.now() - started,
		},
		{
			metrics: {
				ActiveSessions: active,
				ExpiredSessions: expired,
			},
		},
	);
	return { active, expired, seen, removed };
}
