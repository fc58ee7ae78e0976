import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { transformSync } from "esbuild";
import { z } from "zod";
import type { Stores } from "../../stores.ts";
import { boolean, ignored, number, resource, tags } from "../../template/resource.ts";
import type { Caller } from "../iam/permission.ts";
import { defaultMaxConcurrency, EventSource } from "./event-source.ts";
import { LambdaFunction } from "./function.ts";
import { functionLog } from "./function-log.ts";

const text = z.coerce.string();

/** The log stream that all sandboxes of a function share. */
const logStream = "local";

/** Variables that Lambda sets itself; a template with one of them fails to deploy. */
const reservedVariables =
	/^(_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_.*|AWS_(REGION|DEFAULT_REGION|EXECUTION_ENV|LAMBDA_.*|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN))$/;
const variable = z
	.string()
	.regex(/^[A-Za-z][A-Za-z0-9_]+$/)
	.refine((name) => !reservedVariables.test(name), "Lambda reserves this name");

export const lambdaFunction = resource(
	{
		FunctionName: z.string().optional(),
		Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
		Handler: z.string(),
		Runtime: z.string().regex(/^nodejs/, "only Node.js runs here"),
		Environment: z.strictObject({ Variables: z.record(variable, text) }).optional(),
		MemorySize: number.default(128),
		Timeout: number.default(3),
		ReservedConcurrentExecutions: number.optional(),
		DeadLetterConfig: z.strictObject({ TargetArn: z.string() }).optional(),
		PackageType: z.literal("Zip").optional(),
		Role: z.string(),
		Architectures: ignored("functions run on the machine's architecture"),
		VpcConfig: ignored("the network is the loopback interface"),
		LoggingConfig: z.strictObject({ LogGroup: z.string().optional() }).optional(),
		TracingConfig: ignored("nothing is traced here"),
		EphemeralStorage: ignored("/tmp is the machine's"),
		RecursiveLoop: ignored("loops are not detected"),
		Description: ignored("for people"),
		Tags: tags,
	},
	(properties, { stores, logicalId, physicalName }) => {
		const name = properties.FunctionName ?? physicalName(64);
		const arn = stores.functions.arn(name);
		const code = stores.assets.get(properties.Code.S3Key);
		if (!code) {
			throw new Error(`its code ${properties.Code.S3Key} is not an asset of this assembly`);
		}
		const deadLetterArn = properties.DeadLetterConfig?.TargetArn;
		const logGroup = properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
		const caller = stores.access.assume(properties.Role, "lambda.amazonaws.com", name);
		stores.access.identify(arn, caller);
		stores.functions.add(
			new LambdaFunction({
				arn,
				name,
				logicalId,
				code,
				taskRoot: join(stores.taskRoots, name),
				bootstrap: writeBootstrap(stores.taskRoots),
				handler: properties.Handler,
				memoryMegabytes: properties.MemorySize,
				timeoutSeconds: properties.Timeout,
				reservedConcurrency: properties.ReservedConcurrentExecutions ?? null,
				variables: stores.database.renameIn(properties.Environment?.Variables ?? {}),
				runtimeVariables: () => {
					const keys = stores.credentials.issue(arn);
					return {
						AWS_REGION: stores.state.region,
						AWS_DEFAULT_REGION: stores.state.region,
						AWS_ACCESS_KEY_ID: keys.accessKeyId,
						AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
						AWS_SESSION_TOKEN: keys.sessionToken,
						AWS_ENDPOINT_URL: stores.state.endpoint,
						AWS_EXECUTION_ENV: `AWS_Lambda_${properties.Runtime}`,
						AWS_LAMBDA_FUNCTION_NAME: name,
						AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
						AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties.MemorySize),
						AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
						AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
						AWS_LAMBDA_LOG_STREAM_NAME: logStream,
						LANG: "en_US.UTF-8",
						TZ: ":UTC",
						PATH: "/usr/local/bin:/usr/bin:/bin",
					};
				},
				logGroup,
				caller,
				log: permittedLog(stores, caller, logGroup, name),
				onEventFailed: deadLetterArn ? (event) => stores.deliver(caller, deadLetterArn, event.toString()) : null,
			}),
		);
		return { ref: name, attributes: { Arn: arn } };
	},
);

/** Returns a log that needs the permissions of the function's role, as on Lambda; without them, lines are lost. */
function permittedLog(stores: Stores, caller: Caller, logGroup: string, name: string): (line: string) => void {
	const write = functionLog(stores.state.dir, name);
	const resource = stores.state.arn("logs", `log-group:${logGroup}:log-stream:${logStream}`);
	const actions = ["logs:CreateLogStream", "logs:PutLogEvents"];
	let hasWarned = false;
	return (line) => {
		if (actions.every((action) => stores.access.allows(caller, { action, resource }))) {
			return write(line);
		}
		if (!hasWarned) stores.log(`${name} may not write to its log group: its lines are lost`);
		hasWarned = true;
	};
}

/** Writes the runtime client as JavaScript beside the bundles: stripping types would cost each sandbox 40 ms. */
function writeBootstrap(taskRoots: string): string {
	const file = join(taskRoots, "bootstrap.mjs");
	mkdirSync(taskRoots, { recursive: true });
	const source = new URL(`./bootstrap${extname(import.meta.url)}`, import.meta.url);
	const { code } = transformSync(readFileSync(source, "utf8"), {
		loader: "ts",
		format: "esm",
		target: "node24",
	});
	writeFileSync(file, code);
	return file;
}

export const eventInvokeConfig = resource(
	{
		FunctionName: z.string(),
		Qualifier: z.literal("$LATEST"),
		MaximumRetryAttempts: number.optional(),
		MaximumEventAgeInSeconds: ignored("retries end within minutes"),
		DestinationConfig: z
			.strictObject({
				OnFailure: z.strictObject({ Destination: z.string() }).optional(),
			})
			.optional(),
	},
	(properties, { stores, logicalId }) => {
		const target = requireFunction(stores, properties.FunctionName);
		target.maxRetries = properties.MaximumRetryAttempts ?? target.maxRetries;
		const destination = properties.DestinationConfig?.OnFailure?.Destination;
		if (destination) {
			target.onEventFailed = (event, result) =>
				stores.deliver(
					target.settings.caller,
					destination,
					JSON.stringify({
						version: "1.0",
						timestamp: new Date().toISOString(),
						requestContext: {
							functionArn: target.settings.arn,
							condition: "RetriesExhausted",
						},
						requestPayload: JSON.parse(event.toString()),
						responsePayload: JSON.parse(result.payload.toString()),
					}),
				);
		}
		return { ref: logicalId };
	},
);

export const eventSourceMapping = resource(
	{
		EventSourceArn: z.string().regex(/:sqs:/, "only queues are polled here"),
		FunctionName: z.string(),
		BatchSize: number.default(10),
		MaximumBatchingWindowInSeconds: number.default(0),
		FunctionResponseTypes: z.array(z.literal("ReportBatchItemFailures")).default([]),
		ScalingConfig: z.strictObject({ MaximumConcurrency: number }).optional(),
		Enabled: boolean.default(true),
		Tags: tags,
	},
	(properties, { stores, logicalId }) => {
		const target = requireFunction(stores, properties.FunctionName);
		const source = new EventSource(stores.queues, target, {
			allows: (action) =>
				stores.access.allows(target.settings.caller, {
					action,
					resource: properties.EventSourceArn,
				}),
			queueArn: properties.EventSourceArn,
			region: stores.state.region,
			batchSize: properties.BatchSize,
			batchingWindowSeconds: properties.MaximumBatchingWindowInSeconds,
			maxConcurrency: properties.ScalingConfig?.MaximumConcurrency ?? defaultMaxConcurrency,
			reportsBatchItemFailures: properties.FunctionResponseTypes.includes("ReportBatchItemFailures"),
			log: stores.log,
		});
		target.givesWay = true;
		if (properties.Enabled) stores.functions.eventSources.push(source);
		return { ref: logicalId };
	},
);

/** A statement of a function's policy: allows a service to invoke it for a resource. */
export const permission = resource(
	{
		Action: z.literal("lambda:InvokeFunction"),
		FunctionName: z.string(),
		Principal: z.string().regex(/\.amazonaws\.com$/, "only services invoke here"),
		SourceArn: z.string().optional(),
		SourceAccount: z.string().optional(),
	},
	(properties, { stores, stack, logicalId }) => {
		const { SourceArn, SourceAccount } = properties;
		const arn = stores.functions.arn(properties.FunctionName);
		stores.access.attachToResource(arn, `${stack}/${logicalId}`, {
			Statement: [
				{
					Effect: "Allow",
					Action: properties.Action,
					Resource: arn,
					Principal: { Service: properties.Principal },
					Condition: {
						...(SourceArn && { ArnLike: { "aws:SourceArn": SourceArn } }),
						...(SourceAccount && {
							StringEquals: { "aws:SourceAccount": SourceAccount },
						}),
					},
				},
			],
		});
		return { ref: logicalId };
	},
);

function requireFunction(stores: Stores, nameOrArn: string): LambdaFunction {
	const lambdaFunction = stores.functions.get(stores.functions.arn(nameOrArn));
	if (!lambdaFunction) throw new Error(`there is no function ${nameOrArn}`);
	return lambdaFunction;
}
