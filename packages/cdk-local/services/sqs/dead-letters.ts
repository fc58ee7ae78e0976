import { randomUUID } from "node:crypto";
import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { AwsError, notImplemented } from "../../endpoint/types.ts";
import type { Queues } from "./store.ts";

/** The SQS operations on dead-letter queues. */
export function deadLetterOperations(queues: Queues) {
	/** A task completes before its response, so only results are stored. */
	const tasks = new Map<string, object[]>();
	return {
		ListDeadLetterSourceQueues: operation({ QueueUrl: z.string() }, ({ QueueUrl }) => ({
			queueUrls: queues.sources(queues.queue(QueueUrl).arn).map((queue) => queues.url(queue.name)),
		})),
		StartMessageMoveTask: operation(
			{ SourceArn: z.string(), DestinationArn: z.string().optional() },
			({ SourceArn, DestinationArn }) => {
				const sources = queues.sources(SourceArn);
				const [source] = sources;
				if (!source) {
					throw new AwsError("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.");
				}
				if (!DestinationArn && sources.length > 1) {
					throw notImplemented(
						"StartMessageMoveTask without DestinationArn where several queues share the dead letters",
					);
				}
				const moved = queues.moveAll(SourceArn, DestinationArn ?? source.arn);
				const TaskHandle = randomUUID();
				tasks.set(SourceArn, [
					{
						Status: "COMPLETED",
						SourceArn,
						...(DestinationArn && { DestinationArn }),
						ApproximateNumberOfMessagesMoved: moved,
						ApproximateNumberOfMessagesToMove: moved,
						StartedTimestamp: Date.now(),
					},
					...(tasks.get(SourceArn) ?? []),
				]);
				return { TaskHandle };
			},
		),
		ListMessageMoveTasks: operation(
			{ SourceArn: z.string(), MaxResults: z.int().min(1).max(10).default(1) },
			({ SourceArn, MaxResults }) => {
				queues.queue(SourceArn);
				return { Results: tasks.get(SourceArn)?.slice(0, MaxResults) ?? [] };
			},
		),
	};
}
