import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CdkLocal, type CdkLocalOptions, cdkLocal } from "../index.ts";
import type { JsonObject, Template } from "../template/assembly.ts";

/** An assembly of stacks by name, one after the other, whose functions all have the same small bundle. */
export function writeAssembly(
	folder: string,
	templates: Record<string, Template>,
	handlerSource = "export const handler = async (event) => event;",
): void {
	mkdirSync(join(folder, "asset.code"), { recursive: true });
	writeFileSync(join(folder, "asset.code", "handler.mjs"), handlerSource);
	const json = (file: string, value: unknown) => writeFileSync(join(folder, file), JSON.stringify(value));
	const artifacts: JsonObject = {};
	for (const [name, template] of Object.entries(templates)) {
		json(`${name}.template.json`, { ...template, Resources: { TinyRole, ...template.Resources } });
		json(`${name}.assets.json`, {
			files: {
				code: { source: { path: "asset.code", packaging: "zip" }, destinations: { here: { objectKey: "code.zip" } } },
			},
		});
		artifacts[`${name}.assets`] = { type: "cdk:asset-manifest", properties: { file: `${name}.assets.json` } };
		artifacts[name] = {
			type: "aws:cloudformation:stack",
			environment: "aws://unknown-account/eu-central-1",
			dependencies: [`${name}.assets`],
			properties: { templateFile: `${name}.template.json` },
		};
	}
	json("manifest.json", { artifacts });
}

export interface TinyCloud extends CdkLocal {
	folder: string;
	/** Everything the cloud logged. */
	lines: string[];
	/** Posts to `/_local/...`. */
	control(method: string, path: string, body?: unknown): Promise<Response>;
	/** Ends it and forgets its state. */
	forget(): Promise<void>;
}

/** Runs the resources of one stack on free ports with a state of their own. */
export const startTiny = (template: Template, handlerSource?: string, options?: Partial<CdkLocalOptions>) =>
	startStacks({ tiny: template }, handlerSource, options);

/** The same for several stacks, by name. */
export async function startStacks(
	templates: Record<string, Template>,
	handlerSource?: string,
	options: Partial<CdkLocalOptions> = {},
): Promise<TinyCloud> {
	const folder = mkdtempSync(join(tmpdir(), "tiny-cloud-"));
	const lines: string[] = [];
	try {
		writeAssembly(join(folder, "cdk.out"), templates, handlerSource);
		const cloud = await cdkLocal({
			assembly: join(folder, "cdk.out"),
			stateDir: join(folder, "state"),
			port: 0,
			outputsFile: join(folder, "outputs.json"),
			log: (line) => void lines.push(line),
			...options,
		});
		return {
			...cloud,
			folder,
			lines,
			control: (method, path, body) =>
				fetch(`${cloud.endpoint}/_local/${path}`, {
					method,
					...(body !== undefined && { body: JSON.stringify(body) }),
				}),
			forget: async () => {
				await cloud.stop();
				rmSync(folder, { recursive: true, force: true });
			},
		};
	} catch (error) {
		rmSync(folder, { recursive: true, force: true });
		throw error;
	}
}

/** Of every tiny function: what it may do is not what those tests are about. */
const TinyRole = {
	Type: "AWS::IAM::Role",
	Properties: {
		AssumeRolePolicyDocument: {
			Statement: [
				{
					Effect: "Allow",
					Action: "sts:AssumeRole",
					Principal: { Service: ["lambda.amazonaws.com", "scheduler.amazonaws.com"] },
				},
			],
		},
		Policies: [
			{ PolicyName: "Everything", PolicyDocument: { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] } },
		],
	},
};

/** Lets every rule of EventBridge put messages on a queue. */
export const openQueue = (logicalId: string) => ({
	Type: "AWS::SQS::QueuePolicy",
	Properties: {
		Queues: [{ Ref: logicalId }],
		PolicyDocument: {
			Statement: [
				{
					Effect: "Allow",
					Action: "sqs:SendMessage",
					Resource: { "Fn::GetAtt": [logicalId, "Arn"] },
					Principal: { Service: "events.amazonaws.com" },
				},
			],
		},
	},
});

/** Lets a service invoke a function. */
export const openFunction = (logicalId: string, Principal: string) => ({
	Type: "AWS::Lambda::Permission",
	Properties: { Action: "lambda:InvokeFunction", FunctionName: { Ref: logicalId }, Principal },
});

/** A function with the tiny bundle. */
export function tinyFunction(properties: JsonObject = {}) {
	return {
		Type: "AWS::Lambda::Function",
		Properties: {
			Code: { S3Bucket: "assets", S3Key: "code.zip" },
			Handler: "handler.handler",
			Runtime: "nodejs24.x",
			Role: { "Fn::GetAtt": ["TinyRole", "Arn"] },
			Timeout: 10,
			...properties,
		},
	};
}

/** Waits until something is so, for as long as a slow machine may need. */
export async function eventually<T>(look: () => T | Promise<T>, seconds = 15): Promise<NonNullable<T>> {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const found = await look();
		if (found) return found as NonNullable<T>;
		if (Date.now() > end) throw new Error(`Not within ${seconds} s.`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
