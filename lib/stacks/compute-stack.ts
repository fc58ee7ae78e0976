import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { jobWorker, type StageName, stageNames, stages, webhookWorker } from "#core/pipeline/stages.ts";
import type { Bundles } from "../bundling/build.ts";
import { EnvironmentStack } from "../constructs/environment-stack.ts";
import type { NodeFunction } from "../constructs/node-function.ts";
import { QueueWorker } from "../constructs/queue-worker.ts";
import { exportScheduledRules } from "../constructs/scheduled-rules.ts";
import { apiFunction, streamFunction } from "../functions/api.ts";
import { cleanupFunction } from "../functions/cleanup.ts";
import { jobsFunction } from "../functions/jobs.ts";
import { stageWorker } from "../functions/stage-workers.ts";
import type { FunctionResources } from "../functions/variables.ts";
import { webhooksFunction } from "../functions/webhooks.ts";

interface ComputeStackProps extends FunctionResources {
	bundles: Bundles;
	/** `/version` answers both. */
	version: string;
	gitSha: string;
	/** Web pages that may call the API. */
	origins: string[];
}

/** The api, the pipeline's stages, the sweeper, and what starts them. */
export class ComputeStack extends EnvironmentStack {
	readonly api: NodeFunction;
	readonly stream: NodeFunction;
	readonly stages: Readonly<Record<StageName, QueueWorker>>;
	readonly jobs: QueueWorker;
	readonly webhooks: QueueWorker;
	readonly cleanup: NodeFunction;
	/** Dead-letter queues by their source: `Cleanup`, `Jobs`, `Webhooks`, a stage's id, or that with `Rule` for undelivered events. */
	readonly deadLetters: Readonly<Record<string, Queue>>;

	constructor(scope: Construct, { bundles, version, gitSha, origins, ...resources }: ComputeStackProps) {
		super(scope, "Compute", resources.environment);
		this.api = apiFunction(this, {
			...resources,
			bundle: bundles.api,
			version,
			gitSha,
			origins,
		});
		this.stream = streamFunction(this, { ...resources, bundle: bundles.stream, version, gitSha, origins });
		const { bus, bucket } = resources.storage;
		const shared = { environment: resources.environment, bus, bucket };
		this.stages = Object.fromEntries(
			stageNames.map((name) => [
				name,
				new QueueWorker(this, stages[name], {
					...shared,
					worker: (stage, queueUrl) => stageWorker(stage, name, bundles[stages[name].lambda], queueUrl, resources),
				}),
			]),
		) as Record<StageName, QueueWorker>;
		this.jobs = new QueueWorker(this, jobWorker, {
			...shared,
			worker: (scope, queueUrl) => jobsFunction(scope, bundles.jobs, queueUrl, resources),
		});
		this.webhooks = new QueueWorker(this, webhookWorker, {
			...shared,
			worker: (scope, queueUrl) => webhooksFunction(scope, bundles.webhooks, queueUrl, resources),
		});
		const { cleanup, failedCleanups } = cleanupFunction(this, {
			...resources,
			bundle: bundles.cleanup,
		});
		this.cleanup = cleanup;
		exportScheduledRules(this);

		const deadLetters: Record<string, Queue> = { Cleanup: failedCleanups };
		const workers = [
			...stageNames.map((name) => [stages[name].id, this.stages[name]] as const),
			[jobWorker.id, this.jobs] as const,
			[webhookWorker.id, this.webhooks] as const,
		];
		for (const [id, made] of workers) {
			deadLetters[id] = made.deadLetters;
			deadLetters[`${id}Rule`] = made.undelivered;
			this.output(`${id}FunctionName`, made.worker.function.functionName);
		}
		this.deadLetters = deadLetters;
		this.output("ApiFunctionName", this.api.function.functionName);
		this.output("StreamFunctionName", this.stream.function.functionName);
		this.output("CleanupFunctionName", cleanup.function.functionName);
		this.output(
			"DeadLetterQueueUrls",
			Object.values(deadLetters)
				.map((queue) => queue.queueUrl)
				.join(","),
		);
	}
}
