import { sqsQueue } from "#aws/queue.ts";
import { databaseFrom } from "#lambda-kit/connect-database.ts";
import { withCrashVariable } from "#lambda-kit/crash-point.ts";
import type { Env } from "#lambda-kit/env.ts";
import { postgresPorts } from "#postgres/ports.ts";
import type { webhooksEnv } from "./env.ts";
import { webhookSender } from "./webhook-sender.ts";

export function connect(env: Env<typeof webhooksEnv>) {
	const loopback = env.LOOPBACK_RECEIVERS === "allowed";
	if (loopback && env.ENVIRONMENT !== "local") {
		throw new Error(
			"LOOPBACK_RECEIVERS is allowed, which only environment local may be: set loopbackReceivers to false.",
		);
	}
	return {
		queue: sqsQueue(env.QUEUE_URL),
		ports: withCrashVariable({
			...postgresPorts(databaseFrom(env)),
			webhookSender: webhookSender({ loopback }),
			clock: { now: () => new Date() },
		}),
	};
}
