import { Duration } from "aws-cdk-lib";
import {
	type EventPattern,
	type IEventBus,
	type IRuleTarget,
	Rule,
} from "aws-cdk-lib/aws-events";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping } from "aws-cdk-lib/aws-lambda";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { EnvContract } from "#lambda-kit/env.ts";
import type { Environment, FunctionName } from "../environments.ts";
import { acknowledge } from "./environment-stack.ts";
import type { NodeFunction } from "./node-function.ts";

/** An event that starts a stage. */
export interface Trigger {
	pattern: EventPattern;
	/** @default the account's default bus, which carries the events of AWS */
	bus?: IEventBus;
}

export interface PipelineStageProps<Contract extends EnvContract> {
	environment: Environment;
	/** Rule by its name. */
	triggers: Record<string, Trigger>;
	/** Most messages in one invocation. */
	batchSize: number;
	/** Given the address of the stage's queue, makes the function that works on it. */
	worker: (scope: Construct, queueUrl: string) => NodeFunction<Contract>;
}

/** One step of the pipeline: rules with their dead letters > queue with its own > function. */
export class PipelineStage<
	const Contract extends EnvContract,
> extends Construct {
	readonly queue: Queue;
	/** What the worker failed on five times. */
	readonly deadLetters: Queue;
	/** What the rules could not put on the queue. */
	readonly undelivered: Queue;
	readonly worker: NodeFunction<Contract>;

	constructor(
		scope: Construct,
		id: string,
		name: FunctionName,
		{ environment, triggers, batchSize, worker }: PipelineStageProps<Contract>,
	) {
		super(scope, id);
		const { timeout, concurrency } = environment.functions[name];
		this.deadLetters = deadLetterQueue(this, "DeadLetters");
		this.undelivered = deadLetterQueue(this, "Undelivered");
		this.queue = new Queue(this, "Queue", {
			// AWS advises six times the function's timeout; a failed message is made visible earlier by the function.
			visibilityTimeout: Duration.seconds(6 * timeout),
			retentionPeriod: Duration.days(4),
			encryption: QueueEncryption.SQS_MANAGED,
			enforceSSL: true,
			deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 5 },
		});
		for (const [rule, { pattern, bus }] of Object.entries(triggers)) {
			new Rule(this, rule, {
				...(bus && { eventBus: bus }),
				eventPattern: pattern,
				targets: [onto(this.queue, this.undelivered)],
			});
		}
		this.worker = worker(this, this.queue.queueUrl);
		// The mapping reads with the function's role, and the function shortens the visibility of what it failed on.
		this.worker.allow(
			[
				"sqs:ReceiveMessage",
				"sqs:DeleteMessage",
				"sqs:GetQueueAttributes",
				"sqs:ChangeMessageVisibility",
			],
			[this.queue.queueArn],
		);
		const mapping = new EventSourceMapping(this, "Mapping", {
			target: this.worker.function,
			eventSourceArn: this.queue.queueArn,
			batchSize,
			maxConcurrency: concurrency,
			reportBatchItemFailures: true,
		});
		mapping.node.addDependency(this.worker.role);
	}
}

/** A rule's target. CDK's own would also let the rule read the queue's attributes, which EventBridge never does. */
function onto(queue: Queue, undelivered: Queue): IRuleTarget {
	return {
		bind({ ruleRef: { ruleArn } }) {
			for (const each of [queue, undelivered]) {
				each.addToResourcePolicy(
					new PolicyStatement({
						principals: [new ServicePrincipal("events.amazonaws.com")],
						actions: ["sqs:SendMessage"],
						resources: [each.queueArn],
						conditions: { ArnEquals: { "aws:SourceArn": ruleArn } },
					}),
				);
			}
			return {
				arn: queue.queueArn,
				deadLetterConfig: { arn: undelivered.queueArn },
			};
		},
	};
}

/** Keeps what failed for two weeks, for a person to look at. */
export function deadLetterQueue(scope: Construct, id: string): Queue {
	const queue = new Queue(scope, id, {
		retentionPeriod: Duration.days(14),
		encryption: QueueEncryption.SQS_MANAGED,
		enforceSSL: true,
	});
	acknowledge(queue, {
		"AwsSolutions-SQS3":
			"This queue is where failed messages end; an alarm watches it.",
	});
	return queue;
}
