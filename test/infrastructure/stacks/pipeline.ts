import { expect, test } from "vitest";
import { eventSchemas } from "#core/pipeline/events.ts";
import { decodeSeconds } from "#images/sharp-images.ts";
import { hourly } from "#lambdas/cleanup/schedule.ts";
import { type Claimed, ofType, only } from "../synthesized.ts";

const triggers = {
	ImageProcessorUploaded: {
		from: "default bus",
		to: "ImageProcessorQueue",
		pattern: {
			source: ["aws.s3"],
			"detail-type": ["Object Created"],
			detail: {
				bucket: { name: [expect.anything()] },
				object: { key: [{ prefix: "originals/" }] },
			},
		},
	},
	ImageProcessorRetried: {
		from: "Events",
		to: "ImageProcessorQueue",
		pattern: {
			source: ["collections.cleanup"],
			"detail-type": ["OriginalStored"],
		},
	},
	ImageProcessorResizeRequested: {
		from: "Events",
		to: "ImageProcessorQueue",
		pattern: {
			source: ["collections.api", "collections.cleanup"],
			"detail-type": ["ResizeRequested"],
		},
	},
	AnalyzerAnalysisRequested: {
		from: "Events",
		to: "AnalyzerQueue",
		pattern: {
			source: ["collections.api", "collections.cleanup"],
			"detail-type": ["AnalysisRequested"],
		},
	},
	AnalyzerImageProcessed: {
		from: "Events",
		to: "AnalyzerQueue",
		pattern: {
			source: ["collections.imageprocessor", "collections.cleanup"],
			"detail-type": ["ImageProcessed"],
		},
	},
	EmbedderAnalysisComplete: {
		from: "Events",
		to: "EmbedderQueue",
		pattern: {
			source: ["collections.analyzer", "collections.cleanup"],
			"detail-type": ["AnalysisComplete"],
		},
	},
	EmbedderEmbeddingRequested: {
		from: "Events",
		to: "EmbedderQueue",
		pattern: {
			source: ["collections.api", "collections.cleanup"],
			"detail-type": ["EmbeddingRequested"],
		},
	},
	WebhooksDue: {
		from: "Events",
		to: "WebhooksQueue",
		pattern: { source: ["collections.api", "collections.cleanup"], "detail-type": ["DeliveriesDue"] },
	},
	JobsDue: {
		from: "Events",
		to: "JobsQueue",
		pattern: { source: ["collections.api", "collections.cleanup"], "detail-type": ["JobDue"] },
	},
};

/** Claims about the triggers of the stages and the sweeper, and about their dead letters. */
export function pipelineClaims({ environment, templates, at, functions }: Claimed): void {
	const { Compute, Storage } = templates;

	test("start each stage, and the work on jobs, by exactly its events", () => {
		const rules = Object.entries(ofType(Compute, "AWS::Events::Rule")).filter(
			([, { Properties }]) => Properties.EventPattern,
		);
		const found = rules.map(([rule, { Properties }]) => [
			rule,
			{
				from: Properties.EventBusName ? at(Properties.EventBusName) : "default bus",
				to: Properties.Targets.map(({ Arn }: { Arn: unknown }) => at(Arn)).join(),
				pattern: Properties.EventPattern,
			},
		]);
		expect(Object.fromEntries(found)).toEqual(triggers);
		const uploaded = Object.fromEntries(rules).ImageProcessorUploaded;
		expect(at(uploaded?.Properties.EventPattern.detail.bucket.name[0])).toBe("Images");
		expect(only(Storage, "AWS::S3::Bucket").NotificationConfiguration.EventBridgeConfiguration).toEqual({
			EventBridgeEnabled: true,
		});
	});

	test("put each of our events into its person's message group, so that one person's many do not delay another's", () => {
		const groups = Object.entries(ofType(Compute, "AWS::Events::Rule"))
			.filter(([, { Properties }]) => Properties.EventPattern)
			.map(([rule, { Properties }]) => [rule, Properties.Targets[0].SqsParameters?.MessageGroupId]);
		const { ImageProcessorUploaded, ...own } = Object.fromEntries(groups);
		expect(ImageProcessorUploaded, "S3's event names its person only within the key").toBe("$.detail.object.key");
		expect(new Set(Object.values(own))).toEqual(new Set(["$.detail.user_id"]));
		for (const schema of Object.values(eventSchemas)) expect(Object.keys(schema.shape)).toContain("user_id");
	});

	test("run the sweeper every five minutes", () => {
		const schedule = ofType(Compute, "AWS::Events::Rule").CleanupSchedule?.Properties;
		expect(schedule.ScheduleExpression).toBe("rate(5 minutes)");
		expect(at(schedule.Targets[0].Arn)).toBe("CleanupFunction");
	});

	test("count sessions once an hour", () => {
		const schedule = ofType(Compute, "AWS::Events::Rule").SessionSchedule?.Properties;
		expect(schedule.ScheduleExpression).toBe("rate(1 hour)");
		expect(at(schedule.Targets[0].Arn)).toBe("CleanupFunction");
		expect(JSON.parse(schedule.Targets[0].Input)).toEqual(hourly);
	});

	test("have dead letters on every asynchronous path", () => {
		for (const { Properties } of Object.values(ofType(Compute, "AWS::Events::Rule"))) {
			for (const target of Properties.Targets) {
				expect(at(target.DeadLetterConfig.Arn)).toMatch(/Undelivered$|^FailedCleanups$/);
			}
		}
		expect(at(functions.CleanupFunction?.Properties.DeadLetterConfig.TargetArn)).toBe("FailedCleanups");
		const queues = ofType(Compute, "AWS::SQS::Queue");
		const mappings = ofType(Compute, "AWS::Lambda::EventSourceMapping");
		for (const [stage, size] of [
			["ImageProcessor", environment.functions.imageProcessor],
			["Analyzer", environment.functions.analyzer],
			["Embedder", environment.functions.embedder],
			["Jobs", environment.functions.jobs],
			["Webhooks", environment.functions.webhooks],
		] as const) {
			const queue = queues[`${stage}Queue`]?.Properties;
			expect(at(queue.RedrivePolicy.deadLetterTargetArn)).toBe(`${stage}DeadLetters`);
			expect(queue.RedrivePolicy.maxReceiveCount).toBe(5);
			expect(queue.VisibilityTimeout).toBe(6 * size.timeout);
			const mapping = mappings[`${stage}Mapping`]?.Properties;
			expect(at(mapping.EventSourceArn)).toBe(`${stage}Queue`);
			expect(at(mapping.FunctionName)).toBe(`${stage}WorkerFunction`);
			expect(mapping.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
			expect(mapping.ScalingConfig.MaximumConcurrency).toBe(size.concurrency);
		}
		expect(mappings.AnalyzerMapping?.Properties.BatchSize).toBe(1);
		const batchSize = mappings.ImageProcessorMapping?.Properties.BatchSize;
		const { timeout } = environment.functions.imageProcessor;
		expect(
			batchSize * decodeSeconds + 4, // seconds to read the original and to write the derived images
			"A batch of the slowest images outlasts the invocation and is delivered again",
		).toBeLessThanOrEqual(timeout);
		expect(Object.keys(mappings)).toHaveLength(5);
	});

	test("keep dead letters for two weeks, longer than an operator's absence", () => {
		const deadLetterQueues = Object.entries(ofType(Compute, "AWS::SQS::Queue")).filter(
			([id]) => !/^(ImageProcessor|Analyzer|Embedder|Jobs|Webhooks)Queue/.test(id),
		);
		expect(deadLetterQueues).toHaveLength(11);
		for (const [id, { Properties }] of deadLetterQueues) {
			expect(Properties.MessageRetentionPeriod, id).toBe(14 * 24 * 60 * 60);
		}
	});

	test("create each function after its role's policy, since Lambda accesses its dead letters and network at once", () => {
		const policies = Object.entries(ofType(Compute, "AWS::IAM::Policy"));
		for (const [id, { DependsOn, Properties }] of Object.entries(ofType(Compute, "AWS::Lambda::Function"))) {
			const role = Properties.Role["Fn::GetAtt"][0];
			const own = policies.filter(([, { Properties }]) => Properties.Roles[0].Ref === role).map(([policy]) => policy);
			expect(own, id).toHaveLength(1);
			const awaited = DependsOn?.map((Ref) => at({ Ref }));
			expect(awaited, id).toEqual(expect.arrayContaining(own));
		}
	});

	test("encrypt every queue and accept messages only over TLS", () => {
		const queues = Object.keys(ofType(Compute, "AWS::SQS::Queue"));
		for (const { Properties } of Object.values(ofType(Compute, "AWS::SQS::Queue"))) {
			expect(Properties.SqsManagedSseEnabled).toBe(true);
		}
		const guarded = Object.values(ofType(Compute, "AWS::SQS::QueuePolicy"))
			.filter(({ Properties }) =>
				Properties.PolicyDocument.Statement.some(
					({ Effect, Condition }: Record<string, unknown>) =>
						Effect === "Deny" && JSON.stringify(Condition).includes('"aws:SecureTransport":"false"'),
				),
			)
			.flatMap(({ Properties }) => Properties.Queues.map(at));
		expect(guarded.sort()).toEqual(queues.sort());
	});
}
