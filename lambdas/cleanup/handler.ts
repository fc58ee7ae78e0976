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
	const part = (name: string, work: Part, share = 1 / 3) => failures.collect(() => runPart(context, name, work, share));
	await part("deleted accounts emptied", finishDeletions);
	await part("trash emptied", emptyTrash);
	await part("deleted items redacted", finishRedactions);
	// Work that only follows a deployment, or a crash after a change of many items.
	await part("documents indexed", indexDocuments);
	// Last, since it may take all the time that is left.
	await part("vectors partitioned", rebuildPartitions, 1 / 2);
	for (const error of failures.errors) {
		log.error("a part of the sweep failed", { error, request_id: context.awsRequestId });
	}
	failures.throwIfAny(`${failures.errors.length} parts of the sweep failed: each is a line of the log.`);
	return report;
}

/** A part of the sweep that ends by a deadline, and counts what it did. */
type Part = (connected: typeof ports, until: { deadline: Date }) => Promise<object>;

/** Runs a part within a share of the time that is left, and logs what it did, if anything. */
async function runPart(context: Context, name: string, work: Part, share: number): Promise<void> {
	const started = Date.now();
	const report = await work(ports, { deadline: new Date(started + context.getRemainingTimeInMillis() * share) });
	if (Object.values(report).every((count) => count === 0)) return;
	log.info(name, { ...report, request_id: context.awsRequestId, duration_ms: Date.now() - started });
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
