import type { Context } from "aws-lambda";
import { redactChats } from "#core/chat/redact-chats.ts";
import { sweep } from "#core/pipeline/sweep.ts";
import { rebuildPartitions } from "#core/search/rebuild-partitions.ts";
import { readEnv } from "#lambda-kit/env.ts";
import { log } from "#lambda-kit/log.ts";
import { connect } from "./connect.ts";
import { cleanupEnv } from "./env.ts";
import { isHourly } from "./schedule.ts";

const ports = connect(readEnv(cleanupEnv));

export const handler = (event: unknown, context: Context) =>
	isHourly(event) ? tidySessions(context) : sweepItems(context);

async function sweepItems(context: Context) {
	const started = Date.now();
	const report = await sweep(ports);
	log.info(
		"sweep",
		{
			...report,
			request_id: context.awsRequestId,
			duration_ms: Date.now() - started,
		},
		{ metrics: { OldestWait: await ports.stages.oldestWaitSeconds() } },
	);
	await redact(context);
	await partition(context);
	return report;
}

async function redact(context: Context) {
	const started = Date.now();
	const report = await redactChats(ports, {
		deadline: new Date(started + context.getRemainingTimeInMillis() / 3),
	});
	if (report.chatsRedacted === 0) return;
	log.info("chats redacted", {
		...report,
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
