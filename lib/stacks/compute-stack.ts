import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { type StageName, stageNames, stages } from "#core/pipeline/stages.ts";
import type { Bundles } from "../bundling/build.ts";
import { EnvironmentStack } from "../constructs/environment-stack.ts";
import type { NodeFunction } from "../constructs/node-function.ts";
import { PipelineStage } from "../constructs/pipeline-stage.ts";
import { exportScheduledRules } from "../constructs/scheduled-rules.ts";
import { apiFunction } from "../functions/api.ts";
import { cleanupFunction } from "../functions/cleanup.ts";
import { stageWorker } from "../functions/stage-workers.ts";
import type { FunctionResources } from "../functions/variables.ts";

interface ComputeStackProps extends FunctionResources {
	bundles: Bundles;
	/** `/version` answers both. */
	version: string;
	gitSha: string;
}

/** The api, the pipeline's stages, the sweeper, and what starts them. */
export class ComputeStack extends EnvironmentStack {
	readonly api: NodeFunction;
	readonly stages: Readonly<Record<StageName, PipelineStage>>;
	readonly cleanup: NodeFunction;
	/** Dead-letter queues by their source: `Cleanup`, a stage's id, or that with `Rule` for undelivered events. */
	readonly deadLetters: Readonly<Record<string, Queue>>;

	constructor(scope: Construct, { bundles, version, gitSha, ...resources }: ComputeStackProps) {
		super(scope, "Compute", resources.environment);
		this.api = apiFunction(this, {
			...resources,
			bundle: bundles.api,
			version,
			gitSha,
		});
		this.stages = Object.fromEntries(
			stageNames.map((name) => [
				name,
				new PipelineStage(this, name, {
					...resources.storage,
					environment: resources.environment,
					worker: (stage, queueUrl) => stageWorker(stage, name, bundles[stages[name].lambda], queueUrl, resources),
				}),
			]),
		) as Record<StageName, PipelineStage>;
		const { cleanup, failedCleanups } = cleanupFunction(this, {
			...resources,
			bundle: bundles.cleanup,
		});
		this.cleanup = cleanup;
		exportScheduledRules(this);

		const deadLetters: Record<string, Queue> = { Cleanup: failedCleanups };
		for (const name of stageNames) {
			const { id } = stages[name];
			const stage = this.stages[name];
			deadLetters[id] = stage.deadLetters;
			deadLetters[`${id}Rule`] = stage.undelivered;
			this.output(`${id}FunctionName`, stage.worker.function.functionName);
		}
		this.deadLetters = deadLetters;
		this.output("ApiFunctionName", this.api.function.functionName);
		this.output("CleanupFunctionName", cleanup.function.functionName);
		this.output(
			"DeadLetterQueueUrls",
			Object.values(deadLetters)
				.map((queue) => queue.queueUrl)
				.join(","),
		);
	}
}
