import { sweep } from "#core/sweep.ts";
import { readEnv } from "#lambda-kit/env.ts";
import { log } from "#lambda-kit/log.ts";
import { connect } from "./connect.ts";
import { cleanupEnv } from "./env.ts";

const ports = connect(readEnv(cleanupEnv));

export const handler = async () => {
	const report = await sweep(ports);
	log.info("sweep", { ...report });
	return report;
};
