import { Duration } from "aws-cdk-lib";
import { type EventPattern, type IEventBus, type IRuleTarget, Rule } from "aws-cdk-lib/aws-events";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type EventType, maxReceiveCount, type queueFunctions, sourcesOf } from "#core/pipeline/stages.ts";
import { type Environment, functionKey } from "../environments.ts";
import { originals } from "../functions/actions.ts";
import { acknowledge } from "./environment-stack.ts";
import type { NodeFunction } from "./node-function.ts";

interface QueueWorkerProps {
	environment: Environment;
	/** Carries the pipeline's own events. */
	bus: IEventBus;
	/** Holds the uploads that start the first stage. */
	bucket: IBucket;
	/** Makes the function that works off the queue. */
	worker: (scope: Construct, queueUrl: string) => NodeFunction;
}

/** A function that works off a queue, as `stages.ts` declares it: rules > queue > function, each queue with dead letters. */
export class QueueWorker extends Construct {
	readonly queue: Queue;
	/** Messages on which the worker failed five times. */
	readonly deadLetters: Queue;
	/** Events that the rules could not put on the queue. */
	readonly undelivered: Queue;
	readonly worker: NodeFunction;

	constructor(
		scope: Construct,
		{ id, rules, batchSize }: (typeof queueFunctions)[number],
		{ environment, bus, bucket, worker }: QueueWorkerProps,
	) {
		super(scope, id);
		const { timeout, concurrency } = environment.functions[functionKey(id)];
		this.deadLetters = deadLetterQueue(this, "DeadLetters");
		this.undelivered = deadLetterQueue(this, "Undelivered");
		this.queue = new Queue(this, "Queue", {
			// AWS advises six times the function's timeout; the function shortens it for a message on which it failed.
			visibilityTimeout: Duration.seconds(6 * timeout),
			retentionPeriod: Duration.days(4),
			encryption: QueueEncryption.SQS_MANAGED,
			enforceSSL: true,
			deadLetterQueue: { queue: this.deadLetters, maxReceiveCount },
		});
		for (const [rule, event] of Object.entries<EventType | "upload">(rules)) {
			new Rule(this, rule, {
				...(event === "upload"
					? { eventPattern: uploadTo(bucket) }
					: {
							eventBus: bus,
							eventPattern: { source: sourcesOf(event), detailType: [event] },
						}),
				targets: [queueTarget(this.queue, this.undelivered, event === "upload" ? keyOfUpload : userOfEvent)],
			});
		}
		this.worker = worker(this, this.queue.queueUrl);
		// The mapping reads with the function's role, and the function shortens the visibility of failed messages.
		this.worker.allow(
			["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"],
			[this.queue.queueArn],
		);
		this.worker.allow(["sqs:SendMessage"], [this.queue.queueArn]); // puts off a person who must let others go first, or wakes itself for the next slice
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

/** Matches S3's event for an original. Derived objects must never start the pipeline. */
function uploadTo({ bucketName }: IBucket): EventPattern {
	return {
		source: ["aws.s3"],
		detailType: ["Object Created"],
		detail: {
			bucket: { name: [bucketName] },
			object: { key: [{ prefix: originals }] },
		},
	};
}

/**
 * The field that names the person in each of our events. As the message group of a standard queue it makes the queue
 * fair: while one person's messages wait in thousands, SQS delivers those of others first.
 */
const userOfEvent = "$.detail.user_id";

/**
 * S3's own event names its person only within the key, so that the function has to add the person's group. Until then the
 * key is the group: a form that is used again and again delays nobody else's upload.
 */
const keyOfUpload = "$.detail.object.key";

/** Makes a rule's target. CDK's own would also let the rule read the queue's attributes, which EventBridge never does. */
function queueTarget(queue: Queue, undelivered: Queue, messageGroupId: string): IRuleTarget {
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
				sqsParameters: { messageGroupId },
			};
		},
	};
}

/** Makes a queue that keeps failed messages for two weeks, for a person to look at. */
export function deadLetterQueue(scope: Construct, id: string): Queue {
	const queue = new Queue(scope, id, {
		retentionPeriod: Duration.days(14),
		encryption: QueueEncryption.SQS_MANAGED,
		enforceSSL: true,
	});
	acknowledge(queue, {
		"AwsSolutions-SQS3": "This queue is where failed messages end; an alarm watches it.",
	});
	return queue;
}
