import type { Context } from "aws-lambda";
import { sweep } from "#core/sweep.ts";
import { readEnv } from "#lambda-kit/env.ts";
import { log } from "#lambda-kit/log.ts";
import { connect } from "./connect.ts";
import { cleanupEnv } from "./env.ts";

const ports = connect(readEnv(cleanupEnv));

export const handler = async (_: unknown, context: Context) => {
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
	return report;
};
